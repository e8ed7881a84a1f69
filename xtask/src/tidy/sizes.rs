//! Rule: a function has at most 70 lines, a file at most 500, and each file opens with `//!`.
//!
//! Test code does not count: tests are tables of cases, and long ones are read from the top. A function that is
//! one `match` is a table too. Whether something oversized is a finding is for the ratchet to say.

use super::inspect::Source;

pub(super) const FUNCTION_LINES_MAX: usize = 70;
pub(super) const FILE_LINES_MAX: usize = 500;

/// A function or file above its limit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Oversized {
    pub(super) subject: Subject,
    pub(super) line: usize,
    pub(super) lines: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    File { path: String },
    Function { path: String, name: String },
}

/// Everything in the file that is above its limit.
pub(super) fn oversized(path: &str, text: &str, source: &Source) -> Vec<Oversized> {
    if source.is_test {
        return Vec::new();
    }
    let long = source
        .functions
        .iter()
        .filter(|function| !function.in_test && !function.is_table && function.lines > FUNCTION_LINES_MAX)
        .map(|function| {
            let subject = Subject::Function { path: path.to_owned(), name: function.name.clone() };
            Oversized { subject, line: function.line, lines: function.lines }
        });
    let mut oversized: Vec<Oversized> = long.collect();
    let in_tests: usize = source.test_ranges.iter().map(|(first, last)| last + 1 - first).sum();
    let lines = text.lines().count() - in_tests;
    if lines > FILE_LINES_MAX {
        oversized.push(Oversized { subject: Subject::File { path: path.to_owned() }, line: 1, lines });
    }
    oversized
}

#[cfg(test)]
mod tests {
    use super::super::inspect::inspect;
    use super::*;

    fn sizes(text: &str) -> Vec<usize> {
        oversized("src/a.rs", text, &inspect("src/a.rs", text).unwrap()).iter().map(|found| found.lines).collect()
    }

    fn function(lines: usize) -> String {
        format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    #[test]
    fn a_function_of_seventy_lines_fits_and_one_of_seventy_one_does_not() {
        assert!(sizes(&function(70)).is_empty());
        assert_eq!(sizes(&function(71)), [71]);
    }

    #[test]
    fn a_function_that_is_one_match_may_be_long() {
        let table = format!("fn table(x: u8) {{\n match x {{\n{} }}\n}}\n", "  1 => one(),\n".repeat(90));
        assert!(sizes(&table).is_empty());
    }

    #[test]
    fn a_file_is_measured_without_its_test_module() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "    const A: u8 = 1;\n".repeat(300));
        let body = "const A: u8 = 1;\n".repeat(FILE_LINES_MAX);
        assert!(sizes(&format!("{body}{tests}")).is_empty());
        assert_eq!(sizes(&format!("{body}//\n{tests}")), [FILE_LINES_MAX + 1]);
    }
}
