//! Rule: a Rust file opens with a sentence of purpose; an open task in a comment carries the number of its issue.

use super::Finding;

// Written in two parts so that this file does not find itself.
const TASK: &str = concat!("TO", "DO");
const DEFECT: &str = concat!("FIX", "ME");

pub(super) fn findings(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let first = text.lines().next().unwrap_or_default();
    if first.strip_prefix("//!").is_none_or(|purpose| purpose.trim().is_empty()) {
        findings.push(Finding::new(path, 1, "the first line must be `//!` and one sentence of purpose"));
    }
    for (line, comment) in comments(text) {
        if mentions(comment, DEFECT) {
            findings.push(Finding::new(path, line, format!("{DEFECT} cannot be merged: mend it, or open an issue")));
        }
        if mentions(comment, TASK) && !has_issue(comment) {
            findings.push(Finding::new(
                path,
                line,
                format!("write `{TASK}(#12)` with the number of its issue, or do it"),
            ));
        }
    }
    findings
}

fn mentions(comment: &str, word: &str) -> bool {
    comment.split(|letter: char| !letter.is_alphanumeric()).any(|found| found == word)
}

fn has_issue(comment: &str) -> bool {
    comment.match_indices(TASK).all(|(at, _)| {
        let number = comment[at + TASK.len()..].strip_prefix("(#").and_then(|rest| rest.split_once(')'));
        number.is_some_and(|(digits, _)| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// The comments of a Rust text with their line numbers. Strings are skipped, so `"https://…"` is none.
fn comments(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut line = 1;
    while at < text.len() {
        let rest = &text[at..];
        let length = token_length(rest);
        let token = &rest[..length];
        if token.starts_with("//") || token.starts_with("/*") {
            found.extend(token.lines().enumerate().map(|(offset, text)| (line + offset, text)));
        }
        line += token.matches('\n').count();
        at += length;
    }
    found
}

/// Length in bytes of the comment, string or single character at the start of `rest`, which is not empty.
fn token_length(rest: &str) -> usize {
    let until = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return until("*/", 2);
    }
    if let Some(raw) = rest.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            return until(&format!("\"{}", "#".repeat(hashes)), hashes + 2);
        }
    }
    if rest.starts_with('"') {
        return string_length(rest);
    }
    // A quote in a character literal opens no string.
    for literal in ["'\"'", "'\\\"'", "'\\''"] {
        if rest.starts_with(literal) {
            return literal.len();
        }
    }
    rest.chars().next().map_or(1, char::len_utf8)
}

fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        findings("a.rs", text).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_file_without_a_sentence_of_purpose_is_found() {
        assert_eq!(lines("use x;\n"), [1]);
        assert_eq!(lines("//!\nuse x;\n"), [1]);
        assert!(lines("//! Purpose.\nuse x;\n").is_empty());
    }

    #[test]
    fn an_open_task_needs_the_number_of_its_issue() {
        assert_eq!(lines(&format!("//! P.\n// {TASK}: later\nx(); // {TASK}(#) soon\n")), [2, 3]);
        assert!(lines(&format!("//! P.\n// {TASK}(#12): later\n")).is_empty());
    }

    #[test]
    fn a_known_defect_cannot_stay() {
        assert_eq!(lines(&format!("//! P.\n/* one\n {DEFECT} */\n")), [3]);
    }

    #[test]
    fn strings_are_not_comments() {
        let text = format!("//! P.\nlet a = \"\\\"// {TASK}\"; let b = r#\"\"// {TASK}\"#; let c = '\"'; // fine\n");
        assert!(lines(&text).is_empty());
    }
}
