//! The pages of `docs/errors/`, carried in the binary so that they can be read while everything else is down.

macro_rules! pages {
    ($($code:literal),* $(,)?) => {
        &[$(($code, include_str!(concat!("../../../docs/errors/", $code, ".md")))),*]
    };
}

/// Every error code with its page.
pub(crate) const PAGES: &[(&str, &str)] = pages![
    "already-there",
    "config-bad-url",
    "config-bad-value",
    "config-literal-secret",
    "config-missing",
    "config-missing-key",
    "config-nobody-paged",
    "config-runbook",
    "config-secret-missing",
    "config-syntax",
    "config-unknown-channel",
    "config-unknown-key",
    "config-unknown-procedure",
    "config-unreadable",
    "config-wrong-type",
    "digest-differs",
    "empty",
    "four-eyes",
    "needs-person",
    "no-such-step",
    "not-found",
    "not-in-policy",
    "not-open",
    "not-proved",
    "nothing-to-undo",
    "paused",
    "plan-refused",
    "plan-tampered",
    "stale-outcome",
    "step-state",
    "still-ending",
    "token-taken",
    "undo-under-way",
    "wait-changes",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_of_the_folder_is_carried_and_begins_with_its_code() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder of the pages is there")
            .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().replace(".md", ""))
            .collect();
        files.sort();
        let carried: Vec<&str> = PAGES.iter().map(|(code, _)| *code).collect();
        assert_eq!(carried, files, "list the page in crates/allclear/src/errors.rs");
        for (code, page) in PAGES {
            assert!(page.starts_with(&format!("# {code}: ")), "docs/errors/{code}.md begins with another title");
        }
    }
}
