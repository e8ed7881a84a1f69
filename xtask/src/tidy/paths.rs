//! Rule: every relative link and every repository path that a document mentions exists.
//!
//! A path in backticks counts when it starts with a top-level entry of the repository (`docs/…`), or with a crate
//! and its sources (`core/src/…`). Anything with a placeholder (`<name>`, `*`, `NAME`) is left alone. The changelog
//! may mention what is gone; documents that are data of a test or an example are not about this repository.

use std::collections::HashSet;

use super::Finding;
use super::markdown::{Mention, MentionKind};

/// Every file and folder of the repository, relative to its root.
pub(super) struct Places {
    known: HashSet<String>,
}

impl Places {
    pub(super) fn new(files: &[String]) -> Self {
        let mut known = HashSet::new();
        for file in files {
            let slashes = file.match_indices('/').map(|(at, _)| &file[..at]);
            known.extend(slashes.map(str::to_owned));
            known.insert(file.clone());
        }
        Self { known }
    }

    fn has(&self, path: &str) -> bool {
        path.is_empty() || self.known.contains(path.trim_end_matches('/'))
    }
}

pub(super) fn findings(path: &str, mentions: &[Mention], places: &Places) -> Vec<Finding> {
    if path.starts_with("specs/") || path.contains("/tests/") {
        return Vec::new();
    }
    let is_about_us = path != "CHANGELOG.md" && !path.starts_with("examples/");
    mentions
        .iter()
        .filter_map(|mention| {
            let missing = match &mention.kind {
                MentionKind::Link(destination) => missing_link(path, destination, places)?,
                MentionKind::Code(code) if is_about_us => missing_path(code, places)?,
                _ => return None,
            };
            let message = format!("`{missing}` does not exist: mend the reference, or create what it promises");
            Some(Finding::new(path, mention.line, message))
        })
        .collect()
}

/// The path that a relative link names, where there is nothing at it.
fn missing_link(document: &str, destination: &str, places: &Places) -> Option<String> {
    let target = destination.split(['#', '?']).next().unwrap_or_default();
    if target.is_empty() || target.contains(':') || target.starts_with('/') {
        return None;
    }
    let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    match join(folder, target) {
        Some(path) if places.has(&path) => None,
        _ => Some(target.to_owned()),
    }
}

/// Resolves `.` and `..`; `None` when the path leaves the repository.
fn join(folder: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn missing_path(code: &str, places: &Places) -> Option<String> {
    let is_plain = code.chars().all(|letter| letter.is_ascii_alphanumeric() || "_./-:".contains(letter));
    // `src/lib.rs:12` names a line.
    let path = code.split(':').next().unwrap_or_default();
    let (first, rest) = path.split_once('/')?;
    if !is_plain || first.is_empty() || rest.split('/').any(is_placeholder) {
        return None;
    }
    let of_crate = format!("crates/{path}");
    let is_source = rest.starts_with("src/") || rest.starts_with("tests/");
    let candidate = if places.has(first) {
        path
    } else if is_source && places.has(&format!("crates/{first}")) {
        &of_crate
    } else {
        return None;
    };
    (!places.has(candidate)).then(|| code.to_owned())
}

/// `NAME`, `NAME.rs` and `bench_NAME.rs` stand for something; `README.md` and `LICENSE` are real.
fn is_placeholder(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default();
    let word = stem.rsplit('_').next().unwrap_or_default();
    let is_upper = word.len() > 1 && word.chars().all(|letter| letter.is_ascii_uppercase());
    is_upper && !["README", "LICENSE", "ARCHITECTURE"].contains(&stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        Places::new(&["README.md", "docs/adr/0001-one-log.md", "crates/core/src/lib.rs"].map(str::to_owned))
    }

    fn count(path: &str, kind: MentionKind) -> usize {
        findings(path, &[Mention { line: 1, kind }], &places()).len()
    }

    #[test]
    fn links_are_resolved_from_the_document() {
        assert_eq!(count("docs/guide.md", MentionKind::Link("adr/0001-one-log.md#why".into())), 0);
        assert_eq!(count("docs/guide.md", MentionKind::Link("../README.md".into())), 0);
        assert_eq!(count("docs/guide.md", MentionKind::Link("0001-one-log.md".into())), 1);
        assert_eq!(count("docs/guide.md", MentionKind::Link("../../elsewhere.md".into())), 1);
    }

    #[test]
    fn links_to_elsewhere_and_to_headings_are_not_ours_to_check() {
        assert_eq!(count("README.md", MentionKind::Link("https://example.test/a".into())), 0);
        assert_eq!(count("README.md", MentionKind::Link("#install".into())), 0);
    }

    #[test]
    fn repository_paths_in_backticks_must_exist() {
        for good in ["docs/adr/", "crates/core/src/lib.rs:12", "core/src/lib.rs"] {
            assert_eq!(count("README.md", MentionKind::Code(good.into())), 0, "{good}");
        }
        for bad in ["docs/adrs/", "crates/core/src/gone.rs", "core/src/gone.rs"] {
            assert_eq!(count("README.md", MentionKind::Code(bad.into())), 1, "{bad}");
        }
    }

    #[test]
    fn other_slashes_and_placeholders_are_not_paths_of_ours() {
        for other in
            ["/api/v1", "a/b", "docs/<name>.md", "docs/NAME.md", "docs/bench_NAME.rs", "core/tokio", "docs/*.md"]
        {
            assert_eq!(count("README.md", MentionKind::Code(other.into())), 0, "{other}");
        }
    }

    #[test]
    fn history_and_test_data_may_mention_what_is_gone() {
        assert_eq!(count("CHANGELOG.md", MentionKind::Code("docs/gone.md".into())), 0);
        assert_eq!(count("specs/parse/a.md", MentionKind::Link("gone.md".into())), 0);
    }
}
