//! SQL to statements, and a statement to its first words: enough to tell reading from writing.
//!
//! Statements end at `;` outside quotes, dollar quotes and comments. The text is never interpreted further.

use crate::span::Span;

/// The statements of a text, without leading comments and without blanks around them.
pub(crate) fn statements(text: &str) -> Vec<Span> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut start: Option<usize> = None;
    let mut last = 0;
    let mut at = 0;
    while at < bytes.len() {
        if let Some(end) = comment(text, at) {
            at = end;
            continue;
        }
        let end = quoted(text, at).unwrap_or(at + 1);
        if !bytes[at].is_ascii_whitespace() {
            start.get_or_insert(at);
            last = end;
        }
        if bytes[at] == b';'
            && let Some(start) = start.take()
            && start < at
        {
            found.push(Span::new(start, last));
        }
        at = end;
    }
    found.extend(start.map(|start| Span::new(start, last)));
    found.retain(|span| span.slice(text) != ";");
    found
}

/// End of the comment that begins here.
fn comment(text: &str, at: usize) -> Option<usize> {
    let rest = &text.as_bytes()[at..];
    if rest.starts_with(b"--") {
        return Some(at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()));
    }
    let inside = rest.strip_prefix(b"/*")?;
    let length = inside.windows(2).position(|pair| pair == b"*/").map_or(inside.len(), |length| length + 2);
    Some(at + 2 + length)
}

/// End of the quotation that begins here. One that is never closed extends to the end of the text.
fn quoted(text: &str, at: usize) -> Option<usize> {
    let rest = &text.as_bytes()[at..];
    match rest[0] {
        quote @ (b'\'' | b'"') => {
            let length = rest[1..].iter().position(|byte| *byte == quote);
            Some(at + length.map_or(rest.len(), |length| length + 2))
        }
        b'$' => {
            let tag = rest[1..].iter().take(64).position(|byte| *byte == b'$')?;
            let delimiter = &rest[..tag + 2];
            if !delimiter[1..=tag].iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
                return None;
            }
            let delimiter = std::str::from_utf8(delimiter).ok()?;
            let behind = at + delimiter.len();
            Some(text[behind..].find(delimiter).map_or(text.len(), |length| behind + length + delimiter.len()))
        }
        _ => None,
    }
}

/// The words of a statement outside quotes and comments, in upper case; a word that is called ends with `(`.
pub(crate) fn words(statement: &str) -> Vec<String> {
    let bytes = statement.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(end) = comment(statement, at).or_else(|| quoted(statement, at)) {
            at = end;
            continue;
        }
        let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        if length == 0 {
            at += 1;
            continue;
        }
        let mut word = statement[at..at + length].to_ascii_uppercase();
        at += length;
        if bytes.get(significant(statement, at)) == Some(&b'(') {
            word.push('(');
        }
        words.push(word);
    }
    words
}

/// Where the next byte stands that is neither blank nor comment.
fn significant(text: &str, mut at: usize) -> usize {
    while let Some(byte) = text.as_bytes().get(at) {
        match comment(text, at) {
            Some(end) => at = end,
            None if byte.is_ascii_whitespace() => at += 1,
            None => break,
        }
    }
    at
}

/// Whether a text without a language tag begins like SQL.
pub(crate) fn looks_like_sql(text: &str) -> bool {
    let Some(first) = statements(text).first().map(|span| words(span.slice(text))) else { return false };
    let first: Vec<&str> = first.iter().take(3).map(String::as_str).collect();
    match first.as_slice() {
        ["SELECT" | "UPDATE" | "EXPLAIN" | "VACUUM" | "SHOW" | "WITH", ..] => {
            text.contains(';') || text.to_ascii_uppercase().contains(" FROM ")
        }
        ["DELETE", "FROM", ..]
        | ["INSERT", "INTO", ..]
        | ["ALTER" | "CREATE" | "DROP" | "TRUNCATE" | "GRANT" | "REVOKE", _, ..] => text.contains(';'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        statements(text).iter().map(|span| span.slice(text)).collect()
    }

    #[test]
    fn statements_end_at_semicolons_outside_quotes() {
        assert_eq!(split("-- a;\nSELECT ';' , $$;$$;\n\nUPDATE x"), ["SELECT ';' , $$;$$;", "UPDATE x"]);
    }

    #[test]
    fn a_semicolon_alone_is_no_statement() {
        assert_eq!(split(";;\n;"), Vec::<&str>::new());
    }

    #[test]
    fn unclosed_quotes_and_comments_end_with_the_text() {
        assert_eq!(split("SELECT 'x"), ["SELECT 'x"]);
        assert_eq!(split("SELECT '"), ["SELECT '"]);
        assert_eq!(split("SELECT 1 /* x"), ["SELECT 1"]);
    }
}
