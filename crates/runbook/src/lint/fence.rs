//! Where the fences of a text stand, and what their first line says.
//!
//! Commands come from the parser; this tells which of them share a fence and what else stands in it. One pass over the
//! lines; a fence in a list or a quote counts as one, too.

use crate::span::Span;

/// One fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fence<'a> {
    /// What stands behind the opening marker: `bash title="x"`.
    pub(crate) info: &'a str,
    /// Where that stands; empty right behind the marker where there is nothing.
    pub(crate) tag: Span,
    /// The lines between the markers.
    pub(crate) body: Span,
}

impl Fence<'_> {
    /// Whether the tag promises a text that a shell can run as it is: neither a console session nor nothing.
    pub(crate) fn is_script(&self) -> bool {
        let first = self.info.split([' ', ',', '\t']).next().unwrap_or_default();
        let tag = first.trim_matches(['{', '}', '.']);
        ["bash", "sh", "shell", "zsh"].iter().any(|name| tag.eq_ignore_ascii_case(name))
    }
}

/// All fences in the order of the text.
pub(crate) fn fences(text: &str) -> Vec<Fence<'_>> {
    let mut found = Vec::new();
    let mut open: Option<(char, usize, Fence<'_>)> = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let content = line.trim_start_matches([' ', '\t', '>']).trim_end();
        match open {
            Some((mark, length, fence)) if closes(content, mark, length) => {
                found.push(Fence { body: Span::new(fence.body.start, start), ..fence });
                open = None;
            }
            Some(_) => {}
            None => {
                let content = behind_marker(content);
                let Some((mark, length)) = opens(content) else { continue };
                let info = content[length..].trim();
                let at = start + line.trim_end().len() - info.len();
                let fence = Fence { info, tag: Span::new(at, at + info.len()), body: Span::new(offset, offset) };
                open = Some((mark, length, fence));
            }
        }
    }
    found.extend(open.map(|(_, _, fence)| Fence { body: Span::new(fence.body.start, text.len()), ..fence }));
    found
}

/// The content of a list item whose first line opens a fence.
fn behind_marker(content: &str) -> &str {
    let digits = content.len() - content.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = &content[digits..];
    let rest = if digits > 0 { rest.strip_prefix(['.', ')']) } else { rest.strip_prefix(['-', '*', '+']) };
    rest.filter(|rest| rest.starts_with([' ', '\t'])).map_or(content, str::trim_start)
}

fn opens(content: &str) -> Option<(char, usize)> {
    let mark = content.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let length = content.len() - content.trim_start_matches(mark).len();
    (length >= 3 && !(mark == '`' && content[length..].contains('`'))).then_some((mark, length))
}

fn closes(content: &str, mark: char, length: usize) -> bool {
    content.len() >= length && content.chars().all(|c| c == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_in_lists_and_quotes_are_found_with_their_tags() {
        let text = "a\n```bash\nls\n```\n- ~~~ sh x\n  pwd\n  ~~~\n> ```\n> id\n> ```\n```console\n$ ls\n";
        let found: Vec<_> = fences(text).into_iter().map(|fence| (fence.info, fence.body.slice(text))).collect();
        assert_eq!(found, [("bash", "ls\n"), ("sh x", "  pwd\n"), ("", "> id\n"), ("console", "$ ls\n")]);
        assert!(fences(text).iter().all(|fence| fence.tag.slice(text) == fence.info));
    }

    #[test]
    fn code_in_a_line_opens_no_fence() {
        assert_eq!(fences("``` `x` ```\n```` ```\n"), []);
    }
}
