//! Reads one Markdown file into what it mentions: links, inline code and shell lines, each with its line number.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Something that a document says exists.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) line: usize,
    pub(super) kind: MentionKind,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum MentionKind {
    /// The destination of a link or an image.
    Link(String),
    /// The text between backticks.
    Code(String),
    /// One line of a fence that a shell would run.
    Shell(String),
}

const SHELLS: &[&str] = &["bash", "sh", "shell", "console"];

pub(super) fn mentions(text: &str) -> Vec<Mention> {
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let line_at = |at: usize| starts.partition_point(|start| *start <= at);
    let mut found = Vec::new();
    let mut in_shell = false;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES).into_offset_iter() {
        let line = line_at(range.start);
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                found.push(Mention { line, kind: MentionKind::Link(dest_url.into_string()) });
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                found.extend(attributes(&html).map(|link| Mention { line, kind: MentionKind::Link(link) }));
            }
            Event::Code(code) => found.push(Mention { line, kind: MentionKind::Code(code.into_string()) }),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                in_shell = SHELLS.contains(&language.split([' ', ',', '{']).next().unwrap_or_default());
            }
            Event::End(TagEnd::CodeBlock) => in_shell = false,
            Event::Text(lines) if in_shell => {
                let lines = lines.lines().enumerate();
                found.extend(
                    lines.map(|(offset, text)| Mention {
                        line: line + offset,
                        kind: MentionKind::Shell(text.to_owned()),
                    }),
                );
            }
            _ => {}
        }
    }
    found
}

/// The values of `src="…"` and `href="…"` in a piece of HTML.
fn attributes(html: &str) -> impl Iterator<Item = String> {
    ["src=\"", "href=\""].into_iter().flat_map(move |name| {
        html.match_indices(name).filter_map(move |(at, _)| {
            let (value, _) = html[at + name.len()..].split_once('"')?;
            Some(value.to_owned())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_code_and_shell_lines_are_read_with_their_lines() {
        let text = "See [a](b.md).\n\n| x |\n|---|\n| `c` |\n\n```bash\none\ntwo\n```\n\n```text\nno\n```\n<img src=\"d.png\">\n";
        let expected = [
            (1, MentionKind::Link("b.md".into())),
            (5, MentionKind::Code("c".into())),
            (8, MentionKind::Shell("one".into())),
            (9, MentionKind::Shell("two".into())),
            (15, MentionKind::Link("d.png".into())),
        ];
        assert_eq!(mentions(text), expected.map(|(line, kind)| Mention { line, kind }));
    }
}
