//! D13: a path, an address or a number that is somebody's own.

use std::collections::BTreeSet;

use crate::diagnostic::DiagnosticSeverity::Information;
use crate::lint::{Document, Report, Rule};
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "D13",
    name: "personal-detail",
    severity: Information,
    page: include_str!("../../../../../../docs/lint/D13.md"),
    check,
};

/// Where systems keep the homes of people; under the first of these, services have theirs too.
const HOMES: &[&str] = &["/home/", "/Users/", "C:\\Users\\"];

/// How many names are looked up; each costs a look at the whole text.
const MOST: usize = 32;

fn check(document: &Document<'_>, report: &mut Report) {
    if document.runbook.procedures.is_empty() {
        return;
    }
    let mut seen = BTreeSet::new();
    for (start, home) in HOMES.iter().flat_map(|home| document.text.match_indices(home)) {
        let end = start + home.len();
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
        let length = document.text[end..].find(|c: char| !is_name(c)).unwrap_or(document.text.len() - end);
        let name = &document.text[end..end + length];
        let begins =
            start == 0 || document.text[..start].ends_with(|c: char| c.is_whitespace() || "\"'`=:(>,".contains(c));
        if seen.len() == MOST || !begins || !is_person(name) || !seen.insert(name) {
            continue;
        }
        let service = home == HOMES[0] && is_spoken_of(document.text, name);
        if !service {
            report.at(
                Span::new(start, end + length),
                format!("this path exists on the machine of \"{name}\" and nowhere else"),
                "write it relative to the repository, or with `~` or `$HOME`",
            );
        }
    }
}

/// Whether the text names it elsewhere than in a path of a home: then it is an account or a service.
fn is_spoken_of(text: &str, name: &str) -> bool {
    !name.is_empty() && text.match_indices(name).any(|(at, _)| !text[..at].ends_with(HOMES[0]))
}

/// Whether the name of a home is neither a placeholder nor an account that many machines have.
fn is_person(name: &str) -> bool {
    #[rustfmt::skip]
    const COMMON: &[&str] = &[
        "user", "username", "user1", "you", "yourname", "your-name", "your_name", "your", "me", "name", "shared", "public", "runner", "ubuntu",
        "ec2-user", "centos", "admin", "core", "vagrant", "pi", "node", "app", "deploy", "deployer", "git", "jenkins", "jovyan", "root",
        "debian", "fedora", "rocky", "redhat", "cloud-user", "microshift", "postgres", "build", "builder", "ci", "default", "work", "data", "some", "firstname", "lastname", "linux", "jdoe", "someone", "foo", "bar", "example", "myname",
        "circleci", "gitpod", "vscode", "codespace", "developer", "dev", "opc", "azureuser", "oracle", "linuxbrew", "coder", "non-root", "nonroot",
    ];
    let lower = name.to_lowercase();
    name.len() > 1
        && !COMMON.contains(&lower.as_str())
        && !["user", "name", "your", "example", "shared", "service"].iter().any(|word| lower.contains(word))
        && !name.chars().all(|c| c.is_uppercase() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_that_the_text_speaks_of_elsewhere_belongs_to_a_service() {
        let path = format!("{}importer/spool", HOMES[0]);
        assert!(is_spoken_of(&format!("ls {path} as the user importer"), "importer"));
        assert!(!is_spoken_of(&format!("ls {path} {path}"), "importer"));
    }

    #[test]
    fn accounts_that_many_machines_have_and_placeholders_are_nobody() {
        for name in ["ubuntu", "ec2-user", "your-name", "USERNAME", "firstname.lastname", ""] {
            assert!(!is_person(name), "{name}");
        }
        assert!(is_person("mkeller"));
    }
}
