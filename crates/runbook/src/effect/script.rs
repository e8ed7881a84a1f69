//! Whether a script of sed or awk only reads.

/// Whether a sed script neither writes a file nor runs anything. What is not understood counts as writing.
pub(super) fn sed_reads(script: &str) -> bool {
    let mut rest = script;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ';' | '{' | '}' | '!'));
        if rest.is_empty() {
            return true;
        }
        match sed_command(rest) {
            Some(after) => rest = after,
            None => return false,
        }
    }
}

/// What stands behind one command with its addresses, if it is harmless.
fn sed_command(script: &str) -> Option<&str> {
    let mut rest = script;
    loop {
        rest = match rest.chars().next()? {
            '/' => delimited(&rest[1..], '/')?.trim_start_matches(['I', 'M']),
            '\\' => {
                let delimiter = rest[1..].chars().next()?;
                delimited(&rest[1 + delimiter.len_utf8()..], delimiter)?.trim_start_matches(['I', 'M'])
            }
            c if c.is_ascii_digit() || matches!(c, '$' | ',' | '+' | '~' | ' ' | '!') => &rest[1..],
            _ => break,
        };
    }
    let letter = rest.chars().next()?;
    let behind = &rest[letter.len_utf8()..];
    match letter {
        'p' | 'd' | 'q' | 'n' | 'N' | 'g' | 'G' | 'h' | 'H' | 'x' | 'P' | 'D' | '=' | 'l' | '{' | '}' => Some(behind),
        's' | 'y' => {
            let delimiter = behind.chars().next()?;
            let behind = delimited(delimited(&behind[delimiter.len_utf8()..], delimiter)?, delimiter)?;
            let after = behind.trim_start_matches(|c: char| c.is_ascii_digit() || "gpiImM".contains(c));
            let ends = after.is_empty() || after.starts_with([';', '\n', ' ', '}']);
            ends.then_some(after)
        }
        // Their text goes to the end of the line.
        'a' | 'i' | 'c' => Some(behind.split_once('\n').map_or("", |(_, after)| after)),
        'b' | 't' | ':' => Some(behind.find(['\n', ';', '}']).map_or("", |at| &behind[at..])),
        _ => None,
    }
}

/// What stands behind the next delimiter that is not escaped.
fn delimited(text: &str, delimiter: char) -> Option<&str> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == delimiter => return Some(&text[at + c.len_utf8()..]),
            _ => {}
        }
    }
    None
}

/// Whether an awk script neither writes a file nor runs anything: no `system`, `getline`, `|`, and `>` only to compare.
pub(super) fn awk_reads(script: &str) -> bool {
    if ["system(", "system (", "getline", "@load", "@include"].iter().any(|word| script.contains(word)) {
        return false;
    }
    // Between the slashes of a pattern, a quote opens nothing.
    let has_quotes = !script.contains('/');
    let mut printing = false;
    let mut quoted = false;
    let mut before = ' ';
    let mut characters = script.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => drop(characters.next()),
            '"' if has_quotes => quoted = !quoted,
            _ if quoted => {}
            '|' if characters.peek() == Some(&'|') => drop(characters.next()),
            '|' => return false,
            '>' if printing => return false,
            ';' | '{' | '}' | '\n' => printing = false,
            'p' if !before.is_alphanumeric() && before != '_' => {
                printing |= characters.clone().take(4).collect::<String>() == "rint";
            }
            _ => {}
        }
        before = c;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{awk_reads, sed_reads};

    #[test]
    fn scripts_that_only_print_are_told_from_those_that_write() {
        for script in
            ["s/a/b/g", "1,5p", "/x/,/y/d", "s|a/b|c|; s/x/y/2p", "$d", "/x/{p;q}", "5q", "/a\\/b/!d", "\\,^/x,d"]
        {
            assert!(sed_reads(script), "{script}");
        }
        for script in ["s/a/b/w out", "/x/w out", "s/x/reboot/e", "e reboot", "r x", "s/a", "1!G;e"] {
            assert!(!sed_reads(script), "{script}");
        }
        for script in ["{print $1}", "$5 > 80 {print}", "NR>1 || /x/", "BEGIN{FS=\":\"} {print \"a|b>c\"}"] {
            assert!(awk_reads(script), "{script}");
        }
        for script in ["{print | \"sh\"}", "{print > \"x\"}", "{print $1 >> f}", "{system(\"x\")}", "\"x\" | getline"] {
            assert!(!awk_reads(script), "{script}");
        }
    }
}
