//! Where one logical command ends and the next begins: a pipeline, a loop, a here-document or a continued line is one.
//!
//! A text whose quotes or keywords do not balance is split by lines instead: most likely it is not only shell.

use crate::shell::lexer::{Lexer, TokenKind, Word};
use crate::span::Span;

/// A command or a comment on a line of its own, in the order of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Command(Span),
    Comment(Span),
}

/// All commands and comments of a text.
pub(crate) fn split(text: &str) -> Vec<Part> {
    let mut splitter = Splitter::new(text);
    let mut parts = Vec::new();
    while let Some(part) = splitter.next() {
        parts.push(part);
    }
    if splitter.is_balanced() { parts } else { lines(text) }
}

/// The first command of a text that may be followed by something else than shell.
pub(crate) fn first_command(text: &str) -> Option<Span> {
    let mut splitter = Splitter::new(text);
    while let Some(part) = splitter.next() {
        if let Part::Command(span) = part
            && splitter.is_balanced()
        {
            return Some(span);
        }
    }
    lines(text).into_iter().find_map(|part| match part {
        Part::Command(span) => Some(span),
        Part::Comment(_) => None,
    })
}

struct Splitter<'t> {
    lexer: Lexer<'t>,
    nesting: Vec<&'static str>,
    unbalanced: bool,
}

impl<'t> Splitter<'t> {
    fn new(text: &'t str) -> Self {
        Self { lexer: Lexer::new(text), nesting: Vec::new(), unbalanced: false }
    }

    fn is_balanced(&self) -> bool {
        !self.unbalanced && !self.lexer.incomplete && self.nesting.is_empty()
    }

    fn next(&mut self) -> Option<Part> {
        let mut command: Option<Span> = None;
        let mut commanding = true;
        let mut joined = false;
        while let Some(token) = self.lexer.next() {
            match token.kind {
                TokenKind::Newline if command.is_some() && self.nesting.is_empty() && !joined => break,
                TokenKind::Newline => commanding = true,
                TokenKind::Comment if command.is_none() => return Some(Part::Comment(token.span)),
                TokenKind::Comment => {}
                kind => {
                    command = Some(command.map_or(token.span, |span| span.cover(token.span)));
                    joined = matches!(kind, TokenKind::Operator("|" | "||" | "&&" | "|&"));
                    commanding = self.nest(&kind, commanding);
                }
            }
        }
        command.map(Part::Command)
    }

    /// Follows the nesting through one token; whether the next word stands where a command may begin.
    fn nest(&mut self, kind: &TokenKind, commanding: bool) -> bool {
        match kind {
            TokenKind::Word(word) => commanding && self.keyword(word),
            TokenKind::Operator("(") => {
                self.nesting.push(")");
                true
            }
            TokenKind::Operator(")") => {
                if self.nesting.last() != Some(&"esac") {
                    self.close(")");
                }
                true
            }
            TokenKind::Operator("|" | "||" | "&&" | "|&" | ";" | ";;" | "&") => true,
            _ => false,
        }
    }

    fn keyword(&mut self, word: &Word) -> bool {
        if word.quoted {
            return false;
        }
        match word.value.as_str() {
            "if" => self.nesting.push("fi"),
            "while" | "until" => self.nesting.push("done"),
            "{" => self.nesting.push("}"),
            "for" | "select" => {
                self.nesting.push("done");
                return false;
            }
            "case" => {
                self.nesting.push("esac");
                return false;
            }
            "fi" | "done" | "esac" | "}" => {
                self.close(&word.value);
                return false;
            }
            "then" | "else" | "elif" | "do" | "!" | "time" => {}
            _ => return false,
        }
        true
    }

    fn close(&mut self, keyword: &str) {
        if self.nesting.pop() != Some(keyword) {
            self.unbalanced = true;
        }
    }
}

/// One command per line; a backslash at the end of a line continues it.
fn lines(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut open: Option<usize> = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset + (line.len() - line.trim_start().len());
        let end = offset + line.trim_end().len();
        offset += line.len();
        if end <= start {
            open = None;
            continue;
        }
        if text[start..end].starts_with('#') && open.is_none() {
            parts.push(Part::Comment(Span::new(start, end)));
            continue;
        }
        match (open, parts.last_mut()) {
            (Some(_), Some(Part::Command(span))) => span.end = end,
            _ => parts.push(Part::Command(Span::new(start, end))),
        }
        open = text[start..end].ends_with('\\').then_some(start);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(text: &str) -> Vec<&str> {
        split(text)
            .into_iter()
            .filter_map(|part| match part {
                Part::Command(span) => Some(span.slice(text)),
                Part::Comment(_) => None,
            })
            .collect()
    }

    #[test]
    fn a_pipeline_over_lines_is_one_command() {
        assert_eq!(commands("a |\n  b\nc && # why\n d\ne"), ["a |\n  b", "c && # why\n d", "e"]);
    }

    #[test]
    fn a_continued_line_is_one_command() {
        assert_eq!(commands("kubectl a \\\n  --b \\\n  -c\nls"), ["kubectl a \\\n  --b \\\n  -c", "ls"]);
    }

    #[test]
    fn loops_conditions_and_groups_are_one_command() {
        let text = "for x in 1 2; do\n  echo $x\ndone\nif a; then\n b\nfi\ncase $x in\n a) b ;;\nesac\n{ a\nb\n}\n(a\nb)\nf() {\n a\n}";
        assert_eq!(commands(text).len(), 6, "{:?}", commands(text));
    }

    #[test]
    fn a_here_document_belongs_to_its_command() {
        assert_eq!(commands("cat <<'EOF' | sh\nit's\nEOF\nls"), ["cat <<'EOF' | sh\nit's\nEOF", "ls"]);
    }

    #[test]
    fn a_trailing_comment_is_not_part_of_the_command() {
        assert_eq!(commands("redis-cli FLUSHALL  # all\nls"), ["redis-cli FLUSHALL", "ls"]);
    }

    #[test]
    fn an_unclosed_quote_falls_back_to_lines() {
        assert_eq!(commands("echo it's\nls \\\n -l\npwd"), ["echo it's", "ls \\\n -l", "pwd"]);
    }

    #[test]
    fn quotes_and_substitutions_may_span_lines() {
        assert_eq!(
            commands("psql -c \"SELECT 1\n;\"\nx=$(a \")\" |\n b)"),
            ["psql -c \"SELECT 1\n;\"", "x=$(a \")\" |\n b)"]
        );
    }

    #[test]
    fn keywords_as_arguments_open_nothing() {
        assert_eq!(commands("echo if\ngrep done x"), ["echo if", "grep done x"]);
    }
}
