//! Rule: nothing in the repository depends on the machine that it was written on.
//!
//! A path into somebody's home or workspace, or the address of a package registry (packages are named, the
//! machine decides where they come from), works for one person and breaks for the next.

use super::Finding;

// Each needle is written in two parts so that this file does not find itself.
const FOLDERS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

const HOSTS: &[&str] = &[
    concat!("index.cra", "tes.io"),
    concat!("static.cra", "tes.io"),
    concat!("registry.np", "mjs.org"),
    concat!("py", "pi.org"),
    concat!("files.python", "hosted.org"),
    concat!("deb.deb", "ian.org"),
    concat!("security.deb", "ian.org"),
    concat!("proxy.go", "lang.org"),
];

pub(super) fn findings(path: &str, text: &str) -> Vec<Finding> {
    // Cargo writes it, and names the registry in each entry.
    if path == "Cargo.lock" {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(folder) = FOLDERS.iter().find(|folder| names_folder(line, folder)) {
            let message = format!("a path under {folder} exists on one machine: use a relative or a temporary one");
            findings.push(Finding::new(path, index + 1, message));
        }
        if let Some(host) = HOSTS.iter().find(|host| line.contains(*host)) {
            let message = format!("{host} is for the machine to configure: name the package, not its address");
            findings.push(Finding::new(path, index + 1, message));
        }
    }
    findings
}

/// Whether the line holds an absolute path in the folder; one in the middle of a relative path passes.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + folder.len()..].chars().next();
        !before.is_some_and(|letter| letter.is_alphanumeric() || "._-~}*/".contains(letter))
            && after.is_some_and(|letter| letter.is_alphanumeric() || letter == '.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(line: String) -> usize {
        findings("docs/a.md", &line).len()
    }

    #[test]
    fn absolute_paths_of_one_machine_are_found() {
        assert_eq!(count(format!("see `{}ana/notes`", FOLDERS[2])), 1);
        assert_eq!(count(format!("cd {}main", FOLDERS[0])), 1);
    }

    #[test]
    fn relative_paths_and_addresses_pass() {
        assert_eq!(count(format!("frame{}main", FOLDERS[0])), 0);
        assert_eq!(count(format!("https://example.test{}ana", FOLDERS[2])), 0);
    }

    #[test]
    fn registry_addresses_are_found_except_in_the_lock_file() {
        let line = format!("index = \"https://{}/\"", HOSTS[0]);
        assert_eq!(findings("config.toml", &line).len(), 1);
        assert!(findings("Cargo.lock", &line).is_empty());
    }
}
