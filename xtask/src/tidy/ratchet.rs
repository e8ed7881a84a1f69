//! The list of functions and files that are larger than allowed: it may only get shorter, and its numbers smaller.
//!
//! Nothing new is added to it. Whoever makes a listed offender smaller lowers its number in the same commit, so it
//! cannot grow back.

use std::collections::HashMap;

use super::Finding;
use super::sizes::{FILE_LINES_MAX, FUNCTION_LINES_MAX, Oversized, Subject};

/// The parsed list: the line in the list and the allowance in lines of code.
pub(super) struct Ratchet {
    allowed: HashMap<Subject, (usize, usize)>,
}

impl Ratchet {
    /// Reads lines `file PATH N` and `function PATH NAME N`; `#` starts a comment. The error is the bad line's number.
    pub(super) fn parse(text: &str) -> Result<Self, usize> {
        let mut allowed = HashMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            let (subject, lines) = match words.as_slice() {
                [] => continue,
                ["file", path, lines] => (Subject::File { path: (*path).into() }, lines),
                ["function", path, name, lines] => {
                    (Subject::Function { path: (*path).into(), name: (*name).into() }, lines)
                }
                _ => return Err(index + 1),
            };
            let lines = lines.parse().map_err(|_| index + 1)?;
            allowed.insert(subject, (index + 1, lines));
        }
        Ok(Self { allowed })
    }

    /// What is too large and not listed, what grew, and which entries of the list are out of date.
    pub(super) fn findings(&self, list: &str, oversized: &[Oversized]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = oversized.iter().filter_map(|found| self.judge(list, found)).collect();
        let stale =
            self.allowed.iter().filter(|(subject, _)| !oversized.iter().any(|found| found.subject == **subject));
        findings.extend(stale.map(|(subject, (line, _))| {
            Finding::new(list, *line, format!("{subject:?} is not too large any more: remove this line"))
        }));
        findings
    }

    fn judge(&self, list: &str, found: &Oversized) -> Option<Finding> {
        let (path, what, limit) = match &found.subject {
            Subject::File { path } => (path, "the file".to_owned(), FILE_LINES_MAX),
            Subject::Function { path, name } => (path, format!("fn {name}"), FUNCTION_LINES_MAX),
        };
        let lines = found.lines;
        let at = |message: String| Some(Finding::new(path, found.line, message));
        match self.allowed.get(&found.subject) {
            None => at(format!("{what} has {lines} lines, the limit is {limit}: split it where it does two things")),
            Some((_, allowed)) if lines > *allowed => at(format!(
                "{what} grew from {allowed} to {lines} lines; it is over the limit of {limit} and may only shrink"
            )),
            Some((entry, allowed)) if lines < *allowed => {
                let message = format!("{what} of {path} shrank to {lines} lines: write {lines} instead of {allowed}");
                Some(Finding::new(list, *entry, message))
            }
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(list: &str, lines: usize) -> Vec<String> {
        let subject = Subject::Function { path: "a.rs".into(), name: "f".into() };
        let ratchet = Ratchet::parse(list).unwrap();
        let findings = ratchet.findings("list.txt", &[Oversized { subject, line: 3, lines }]);
        findings.into_iter().map(|finding| format!("{}:{}: {}", finding.path, finding.line, finding.message)).collect()
    }

    #[test]
    fn a_listed_offender_of_the_listed_size_passes() {
        assert!(messages("# known\nfunction a.rs f 84\n", 84).is_empty());
    }

    #[test]
    fn a_new_offender_is_found_where_it_stands() {
        assert_eq!(messages("", 84), ["a.rs:3: fn f has 84 lines, the limit is 70: split it where it does two things"]);
    }

    #[test]
    fn a_listed_offender_may_not_grow() {
        assert!(messages("function a.rs f 84", 85)[0].starts_with("a.rs:3: fn f grew from 84 to 85 lines"));
    }

    #[test]
    fn a_listed_offender_that_shrank_lowers_its_number() {
        assert!(messages("function a.rs f 84", 80)[0].starts_with("list.txt:1: fn f of a.rs shrank to 80 lines"));
    }

    #[test]
    fn an_entry_without_an_offender_is_removed() {
        let ratchet = Ratchet::parse("file b.rs 612").unwrap();
        assert_eq!(ratchet.findings("list.txt", &[]).len(), 1);
    }

    #[test]
    fn a_line_that_is_neither_is_reported_by_number() {
        assert_eq!(Ratchet::parse("\nfile b.rs many").err(), Some(2));
        assert_eq!(Ratchet::parse("files b.rs 3 4 5").err(), Some(1));
    }
}
