//! SQL as `psql` reads it before any parser does: quotes, comments, meta-commands, variables.
//!
//! Invariant: the pieces follow each other without gap or overlap and cover the text; each ends on a character boundary.

use SqlKind as Kind;

/// What a piece of text is to psql, or to the author of a runbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlKind {
    /// White space.
    Blank,
    /// From `--` to the end of the line, or between `/*` and `*/`.
    Comment,
    /// A string, in single quotes or between dollar tags.
    Text,
    /// An identifier in double quotes.
    Name,
    /// A keyword or an identifier.
    Word,
    /// Digits, and what follows them without a gap.
    Number,
    /// A backslash with all that belongs to it.
    Meta,
    /// `:id`, `:'id'`, `:"id"`: a variable of psql.
    Variable,
    /// `<table>`, `{{ table }}`, `$TABLE`, `[TABLE]`: the reader fills it in.
    Placeholder,
    /// `...`: the author left something out.
    Elision,
    /// Any other single character.
    Symbol,
}

/// Whether what an author left open is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlBlanks {
    /// `<table>` and the like are pieces of their own: a runbook is read.
    Noticed,
    /// They are what PostgreSQL takes them for: a statement is about to be performed.
    Taken,
}

/// A part of the text that psql takes as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqlPiece {
    /// What it is.
    pub kind: SqlKind,
    /// Offset of its first byte.
    pub start: usize,
    /// Offset behind its last byte.
    pub end: usize,
}

impl SqlPiece {
    /// The part of the text that it is.
    pub fn slice<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// The pieces of a text.
pub fn sql_pieces(text: &str, blanks: SqlBlanks) -> Vec<SqlPiece> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (mut kind, mut length) = piece(text, at);
        if blanks == SqlBlanks::Taken && matches!(kind, Kind::Placeholder | Kind::Elision) {
            (kind, length) = (Kind::Symbol, 1);
        }
        let end = text.ceil_char_boundary((at + length.max(1)).min(text.len()));
        found.push(SqlPiece { kind, start: at, end });
        at = end;
    }
    found
}

fn piece(text: &str, at: usize) -> (Kind, usize) {
    let rest = &text.as_bytes()[at..];
    let symbol_unless = |kind, length: Option<usize>| length.map_or((Kind::Symbol, 1), |length| (kind, length));
    match rest[0] {
        byte if byte.is_ascii_whitespace() => (Kind::Blank, run(rest, u8::is_ascii_whitespace)),
        b'-' if rest.starts_with(b"--") => (Kind::Comment, line(rest)),
        b'/' if rest.starts_with(b"/*") => (Kind::Comment, block_comment(rest)),
        b'\'' => (Kind::Text, string(rest, 1, false)),
        b'e' | b'E' if rest.get(1) == Some(&b'\'') => (Kind::Text, string(rest, 2, true)),
        b'"' => (Kind::Name, until(rest, 1, b'"')),
        b'\\' => (Kind::Meta, meta(rest)),
        b'0'..=b'9' => (Kind::Number, run(rest, |byte| byte.is_ascii_alphanumeric() || *byte == b'.')),
        byte if is_letter(byte) => (Kind::Word, run(rest, is_word_byte)),
        b'$' => dollar(text, at),
        b':' if text[..at].ends_with(':') => (Kind::Symbol, 1),
        b':' => symbol_unless(Kind::Variable, variable(rest)),
        b'<' | b'{' | b'[' => symbol_unless(Kind::Placeholder, placeholder(text, at)),
        b'.' if rest.starts_with(b"...") => (Kind::Elision, run(rest, |byte| *byte == b'.')),
        _ => (Kind::Symbol, 1),
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word_byte(byte: &u8) -> bool {
    is_letter(*byte) || byte.is_ascii_digit() || *byte == b'$'
}

fn run(rest: &[u8], belongs: impl Fn(&u8) -> bool) -> usize {
    rest.iter().take_while(|byte| belongs(byte)).count()
}

fn line(rest: &[u8]) -> usize {
    run(rest, |byte| *byte != b'\n')
}

/// Behind the next `close` from `from` on, or the whole rest.
fn until(rest: &[u8], from: usize, close: u8) -> usize {
    let length = rest[from..].iter().position(|byte| *byte == close);
    length.map_or(rest.len(), |length| from + length + 1)
}

/// Block comments nest.
fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// A doubled quote ends one string and begins the next, which comes to the same here.
fn string(rest: &[u8], from: usize, escapes: bool) -> usize {
    if !escapes {
        return until(rest, from, b'\'');
    }
    let mut at = from;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'\'' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// To the end of the line, or to `\\`, which ends one meta-command in front of another or of SQL.
fn meta(rest: &[u8]) -> usize {
    match rest {
        [b'\\', b';' | b'\\', ..] => 2,
        _ => {
            let line = line(rest);
            let next = rest[1..line].windows(2).position(|pair| pair == b"\\\\");
            next.map_or(line, |next| next + 1)
        }
    }
}

fn dollar(text: &str, at: usize) -> (Kind, usize) {
    let rest = &text.as_bytes()[at..];
    let tag = run(&rest[1..], |byte| is_word_byte(byte) && *byte != b'$');
    let tagged = rest.get(tag + 1) == Some(&b'$') && !rest[1].is_ascii_digit();
    if tagged && let Some(delimiter) = text.get(at..at + tag + 2) {
        let behind = at + delimiter.len();
        let closed = text[behind..].find(delimiter);
        if closed.is_some() || tag == 0 {
            return (Kind::Text, closed.map_or(rest.len(), |length| length + 2 * delimiter.len()));
        }
    }
    if tag > 0 && rest[1].is_ascii_digit() {
        return (Kind::Number, tag + 1);
    }
    if tag > 0 {
        return (Kind::Placeholder, tag + 1);
    }
    let braces = rest.get(1) == Some(&b'{');
    let inside = if braces { run(&rest[2..], |byte| is_word_byte(byte) || b":-?=".contains(byte)) } else { 0 };
    let closed = inside > 0 && rest.get(inside + 2) == Some(&b'}');
    if closed { (Kind::Placeholder, inside + 3) } else { (Kind::Symbol, 1) }
}

/// `:id`, `:'id'`, `:"id"`
fn variable(rest: &[u8]) -> Option<usize> {
    let quote = rest.get(1).copied().filter(|byte| b"'\"".contains(byte));
    let from = if quote.is_some() { 2 } else { 1 };
    let length = run(rest.get(from..)?, |byte| is_letter(*byte) || byte.is_ascii_digit());
    if length == 0 || rest[from].is_ascii_digit() {
        return None;
    }
    match quote {
        Some(quote) => (rest.get(from + length) == Some(&quote)).then_some(from + length + 1),
        None => Some(from + length),
    }
}

/// A pair of brackets with a few words in it, where SQL has neither a comparison nor a subscript.
fn placeholder(text: &str, at: usize) -> Option<usize> {
    const LONGEST: usize = 80;
    let rest = &text[at..text.floor_char_boundary((at + LONGEST).min(text.len()))];
    let (open, close) = match rest.as_bytes() {
        [b'<', ..] => ("<", ">"),
        [b'{', b'{', ..] => ("{{", "}}"),
        [b'{', ..] => ("{", "}"),
        _ => ("[", "]"),
    };
    let inside = &rest[open.len()..rest.find(close)?];
    let wordlike = |c: char| c.is_alphanumeric() || " _-./:|'".contains(c);
    let first = if open == "{{" { inside.trim_start() } else { inside };
    let fits = first.starts_with(|c: char| c.is_alphabetic() || (open == "{{" && c == '.'));
    if !fits || !inside.chars().all(wordlike) {
        return None;
    }
    let before = text[..at].chars().next_back();
    let operand_before = before.is_some_and(|c| c.is_alphanumeric() || ")]\"".contains(c));
    let comparison = inside.split_whitespace().any(|word| matches!(word, "and" | "AND" | "or" | "OR"));
    let taken = match open {
        "<" => operand_before || comparison,
        "[" => operand_before || before == Some('_'),
        _ => false,
    };
    (!taken).then_some(open.len() + inside.len() + close.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces of one kind.
    fn of(kind: Kind, text: &str) -> Vec<&str> {
        let pieces = sql_pieces(text, SqlBlanks::Noticed);
        pieces.iter().filter(|piece| piece.kind == kind).map(|piece| piece.slice(text)).collect()
    }

    #[test]
    fn quotes_and_comments_are_whole() {
        let text = r#"SELECT 'a;''b', E'\'', $x$ ' $x$, $$;$$, "n""m" /* a /* b */ c */ -- d"#;
        assert_eq!(of(Kind::Text, text), ["'a;'", "'b'", r"E'\''", "$x$ ' $x$", "$$;$$"]);
        assert_eq!(of(Kind::Name, text), ["\"n\"", "\"m\""]);
        assert_eq!(of(Kind::Comment, text), ["/* a /* b */ c */", "-- d"]);
    }

    #[test]
    fn variables_are_not_casts() {
        assert_eq!(of(Kind::Variable, "SELECT a::int, :id, :'x y', :'x', :\"t\", a[1:2]"), [":id", ":'x'", ":\"t\""]);
    }

    #[test]
    fn placeholders_are_not_comparisons() {
        let text = "SELECT a<b, c <> d, <my table>, s.<t>, t_<date>, {{ x }}, {y}, $NAME, ${N:-1}, $1, [TABLE], a[i] WHERE a <b AND c> d";
        assert_eq!(
            of(Kind::Placeholder, text),
            ["<my table>", "<t>", "<date>", "{{ x }}", "{y}", "$NAME", "${N:-1}", "[TABLE]"]
        );
    }

    #[test]
    fn what_is_about_to_be_performed_has_no_placeholders() {
        let pieces = sql_pieces("SELECT a <b> c, '<d>', ...", SqlBlanks::Taken);
        assert!(pieces.iter().all(|piece| !matches!(piece.kind, Kind::Placeholder | Kind::Elision)));
        assert_eq!(pieces.iter().filter(|piece| piece.kind == Kind::Text).count(), 1);
    }

    #[test]
    fn a_meta_command_ends_with_its_line_or_at_the_next_one() {
        assert_eq!(of(Kind::Meta, "\\c a\nSELECT 1 \\gx\n\\x \\\\ SELECT 2"), ["\\c a", "\\gx", "\\x ", "\\\\"]);
    }
}
