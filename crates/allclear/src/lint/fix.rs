//! Applying fixes: all that do not touch each other, again until none is left, each file written whole or not at all.

use std::fmt;

use allclear_runbook::{Edit, Fix};

use super::{Source, check_one};
use crate::atomic_file;
use crate::config::LintConfig;
use crate::exit::Failure;
use crate::print;

/// A fix may make room for another one, but not for ever.
const MOST_ROUNDS: usize = 10;

/// What was done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fixed {
    files: usize,
    fixes: usize,
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fixes {
            0 => f.write_str("nothing to fix"),
            fixes => write!(f, "applied {fixes} fix(es) in {} file(s)", self.files),
        }
    }
}

/// Applies the fixes of every file.
pub(crate) fn fix(files: &[Source], config: &LintConfig) -> anyhow::Result<Fixed> {
    let today = super::today();
    let mut done = Fixed::default();
    for source in files {
        // A text that is not UTF-8 was changed by reading it; writing it back would lose bytes.
        if std::str::from_utf8(&std::fs::read(&source.path)?).is_err() {
            let path = source.path.display();
            print::words(format!("{path}: not text in UTF-8, left as it is"));
            continue;
        }
        let before = source.read()?;
        let mut text = before.clone();
        for _ in 0..MOST_ROUNDS {
            let checked = check_one(source, text.clone(), config, &today);
            let fixes: Vec<&Fix> = checked.findings.iter().filter_map(|finding| finding.fix.as_ref()).collect();
            let applied = apply(&mut text, &fixes);
            done.fixes += applied;
            if applied == 0 {
                break;
            }
        }
        if text != before {
            let problem = |error| Failure::problems(format!("{} cannot be written: {error}", source.path.display()));
            // A link goes on leading to the file that is mended.
            let path = source.path.canonicalize().map_err(problem)?;
            atomic_file::write(&path, text.as_bytes()).map_err(problem)?;
            done.files += 1;
        }
    }
    Ok(done)
}

/// Applies the fixes that do not touch one that was applied before; how many those were.
fn apply(text: &mut String, fixes: &[&Fix]) -> usize {
    let mut edits: Vec<&Edit> = Vec::new();
    let mut applied = 0;
    for fix in fixes {
        let touches =
            |edit: &Edit| edits.iter().any(|done| edit.span.start <= done.span.end && done.span.start <= edit.span.end);
        if !fix.edits.is_empty() && !fix.edits.iter().any(touches) {
            edits.extend(&fix.edits);
            applied += 1;
        }
    }
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    for edit in edits {
        text.replace_range(edit.span.start..edit.span.end, &edit.text);
    }
    applied
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_runbook::Span;

    fn replace(start: usize, end: usize, text: &str) -> Fix {
        Fix { title: String::new(), edits: vec![Edit { span: Span::new(start, end), text: text.to_owned() }] }
    }

    #[test]
    fn fixes_that_touch_each_other_are_left_for_the_next_round() {
        let mut text = "abcdef".to_owned();
        let applied = apply(&mut text, &[&replace(0, 2, "X"), &replace(2, 3, "Y"), &replace(4, 4, "Z")]);
        assert_eq!((applied, text.as_str()), (2, "XcdZef"));
    }
}
