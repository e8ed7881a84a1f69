//! Shell text to tokens: words with their quoting removed, operators, comments, here-documents.
//!
//! Placeholders such as `<pod>` are part of a word, not redirections: runbooks are written that way. A quote or
//! substitution that is never closed ends the tokens and sets `incomplete`.

use crate::span::Span;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word(Word),
    Operator(&'static str),
    Newline,
    Comment,
    /// The body of a here-document, with its closing delimiter.
    Heredoc,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// The word without its quotes.
    pub(crate) value: String,
    /// Whether any part was quoted or escaped; such a word is never a keyword.
    pub(crate) quoted: bool,
    /// Whether a variable is expanded in it.
    pub(crate) expands: bool,
    /// Whether an expansion hides a command that is not among the substitutions: `${A:-$(b)}`.
    pub(crate) opaque: bool,
    /// Whether a `*` or `?` stands in it unquoted, so that the shell replaces it by file names.
    pub(crate) glob: bool,
    /// The insides of command and process substitutions.
    pub(crate) substitutions: Vec<Span>,
}

/// Longest first, so that the first match is the right one.
const OPERATORS: [&str; 21] = [
    "<<<", "<<-", "&>>", "&&", "||", "|&", ";;", "<<", "<&", "<>", ">>", ">&", ">|", "&>", "|", ";", "&", "(", ")",
    "<", ">",
];

pub(crate) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    pub(crate) incomplete: bool,
    /// Delimiters of the here-documents whose bodies begin at the next line.
    heredocs: Vec<(String, bool)>,
    expects_delimiter: Option<bool>,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0, incomplete: false, heredocs: Vec::new(), expects_delimiter: None }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.byte(0) {
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                Some(b'\\') if self.continuation() > 0 => self.at += self.continuation(),
                _ => return,
            }
        }
    }

    /// Length of a backslash with the line break behind it, else 0.
    fn continuation(&self) -> usize {
        match (self.byte(1), self.byte(2)) {
            (Some(b'\n'), _) => 2,
            (Some(b'\r'), Some(b'\n')) => 3,
            _ => 0,
        }
    }

    fn newline(&mut self) -> TokenKind {
        self.at += 1;
        TokenKind::Newline
    }

    fn heredoc(&mut self) -> TokenKind {
        for (delimiter, tabs) in std::mem::take(&mut self.heredocs) {
            loop {
                let Some(line) = self.rest().split_inclusive('\n').next() else {
                    self.incomplete = true;
                    return TokenKind::Heredoc;
                };
                self.at += line.len();
                let line = line.trim_end_matches(['\n', '\r']);
                if (if tabs { line.trim_start_matches('\t') } else { line }) == delimiter {
                    break;
                }
            }
        }
        // The line break that ends the delimiter's line ends the command, too.
        if self.text[..self.at].ends_with('\n') {
            self.at -= 1;
        }
        TokenKind::Heredoc
    }

    fn operator(&mut self) -> Option<TokenKind> {
        let operator = OPERATORS.iter().find(|operator| self.rest().starts_with(**operator))?;
        if matches!(*operator, "<" | ">") && self.byte(1) == Some(b'(') || placeholder(self.rest()).is_some() {
            return None;
        }
        self.at += operator.len();
        self.expects_delimiter = match *operator {
            "<<" => Some(false),
            "<<-" => Some(true),
            _ => None,
        };
        Some(TokenKind::Operator(operator))
    }

    fn word(&mut self) -> Option<Word> {
        let mut word = Word::default();
        while let Some(byte) = self.byte(0) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b'|' | b'&' | b';' | b'(' | b')' => break,
                b'<' | b'>' => match placeholder(self.rest()) {
                    Some(length) => self.take(length, &mut word),
                    None if self.byte(1) == Some(b'(') => self.substitution(2, &mut word)?,
                    None => break,
                },
                b'\\' if self.continuation() > 0 => self.at += self.continuation(),
                b'\\' => {
                    word.quoted = true;
                    self.at += 1;
                    let length = self.rest().chars().next().map_or(0, char::len_utf8);
                    self.take(length, &mut word);
                }
                b'\'' => self.single(&mut word)?,
                b'"' => self.double(&mut word)?,
                b'`' => self.backticks(&mut word)?,
                b'$' => self.dollar(&mut word)?,
                b'{' if placeholder(self.rest()).is_some() => {
                    let length = placeholder(self.rest()).unwrap_or(1);
                    self.take(length, &mut word);
                }
                _ => {
                    word.glob |= matches!(byte, b'*' | b'?');
                    let length = self.rest().chars().next().map_or(1, char::len_utf8);
                    self.take(length, &mut word);
                }
            }
        }
        Some(word)
    }

    fn take(&mut self, length: usize, word: &mut Word) {
        word.value.push_str(&self.rest()[..length]);
        self.at += length;
    }

    fn single(&mut self, word: &mut Word) -> Option<()> {
        word.quoted = true;
        let length = self.rest()[1..].find('\'')?;
        word.value.push_str(&self.rest()[1..=length]);
        self.at += length + 2;
        Some(())
    }

    fn double(&mut self, word: &mut Word) -> Option<()> {
        word.quoted = true;
        self.at += 1;
        loop {
            match self.byte(0)? {
                b'"' => break,
                b'\\' if self.continuation() > 0 => self.at += self.continuation(),
                b'\\' if matches!(self.byte(1), Some(b'"' | b'\\' | b'$' | b'`')) => {
                    self.at += 1;
                    self.take(1, word);
                }
                b'`' => self.backticks(word)?,
                b'$' => self.dollar(word)?,
                _ => {
                    let length = self.rest().chars().next()?.len_utf8();
                    self.take(length, word);
                }
            }
        }
        self.at += 1;
        Some(())
    }

    fn backticks(&mut self, word: &mut Word) -> Option<()> {
        let start = self.at + 1;
        let mut end = start;
        loop {
            match self.text.as_bytes().get(end)? {
                b'`' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        word.substitutions.push(Span::new(start, end));
        self.take(end + 1 - self.at, word);
        Some(())
    }

    fn dollar(&mut self, word: &mut Word) -> Option<()> {
        match self.byte(1) {
            Some(b'(') if self.arithmetic().is_some() => {
                word.expands = true;
                let length = self.arithmetic()?;
                word.opaque |= self.rest()[..length].contains('`') || self.rest()[3..length].contains("$(");
                self.take(length, word);
                Some(())
            }
            Some(b'(') => self.substitution(2, word),
            Some(b'{') => {
                word.expands = true;
                let length = braces(self.rest())?;
                word.opaque |= self.rest()[..length].contains("$(") || self.rest()[..length].contains('`');
                self.take(length, word);
                Some(())
            }
            next => {
                word.expands |= next.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_?@*#!$".contains(&byte));
                self.take(1, word);
                Some(())
            }
        }
    }

    /// The length of `$(( … ))` that begins here. `$( (a) )` and `$((a); b)` are commands.
    fn arithmetic(&self) -> Option<usize> {
        let bytes = self.rest().as_bytes();
        let outer = parentheses(bytes.strip_prefix(b"$(")?)?;
        let inner = parentheses(bytes.strip_prefix(b"$((")?)?;
        (outer == inner + 2).then_some(outer + 2)
    }

    /// `$( … )` or `<( … )`, whose inside begins after `opener` bytes.
    fn substitution(&mut self, opener: usize, word: &mut Word) -> Option<()> {
        let length = parentheses(&self.rest().as_bytes()[opener..])?;
        let start = self.at + opener;
        word.substitutions.push(Span::new(start, start + length - 1));
        self.take(opener + length, word);
        Some(())
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if self.incomplete {
            return None;
        }
        self.skip_blanks();
        let start = self.at;
        let kind = match self.byte(0)? {
            b'\n' if start > 0 && !self.heredocs.is_empty() => {
                self.at += 1;
                self.heredoc()
            }
            b'\n' => self.newline(),
            b'#' => {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                TokenKind::Comment
            }
            _ => match self.operator() {
                Some(operator) => operator,
                None => {
                    let Some(word) = self.word() else {
                        self.incomplete = true;
                        return None;
                    };
                    if let Some(tabs) = self.expects_delimiter.take() {
                        self.heredocs.push((word.value.clone(), tabs));
                    }
                    TokenKind::Word(word)
                }
            },
        };
        Some(Token { kind, span: Span::new(start, self.at) })
    }
}

/// The longest placeholder, in bytes, without its brackets.
const LONGEST: usize = 60;

/// Length of a `<placeholder>` or `{{ placeholder }}` at the start of the text. `<in >out` is not one.
pub(crate) fn placeholder(text: &str) -> Option<usize> {
    if let Some(inside) = text.strip_prefix("{{") {
        let near = inside.as_bytes().get(..LONGEST + 2).unwrap_or(inside.as_bytes());
        let end = near.windows(2).take_while(|pair| pair[0] != b'\n').position(|pair| pair == b"}}")?;
        return (end > 0).then_some(end + 4);
    }
    let inside = text.strip_prefix('<')?;
    if !inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let end =
        inside.bytes().take(LONGEST).position(|byte| !(byte.is_ascii_alphanumeric() || b" _-./:'".contains(&byte)))?;
    let closed = inside.as_bytes()[end] == b'>' && inside.as_bytes()[end - 1] != b' ';
    closed.then_some(end + 2)
}

/// Length up to and including the parenthesis that closes the one before the text.
fn parentheses(text: &[u8]) -> Option<usize> {
    let mut open = vec![b')'];
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let within_quotes = open.last() == Some(&b'"');
        match byte {
            b'\\' => at += 1,
            b'\'' if !within_quotes => at += 1 + text[at + 1..].iter().position(|byte| *byte == b'\'')?,
            b'"' if within_quotes => {
                open.pop();
            }
            b'"' => open.push(b'"'),
            b'(' if !within_quotes || at > 0 && text[at - 1] == b'$' => open.push(b')'),
            b')' if !within_quotes => {
                open.pop();
            }
            _ => {}
        }
        at += 1;
        if open.is_empty() {
            return Some(at);
        }
    }
    None
}

/// Length of a `${ … }` at the start of the text.
fn braces(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at + 1),
            b'}' => depth -= 1,
            b'\n' => return None,
            _ => {}
        }
    }
    None
}
