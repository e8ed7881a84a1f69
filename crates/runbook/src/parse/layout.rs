//! What is not Markdown in a runbook's text, blanked out so that the Markdown around it is read as it was meant.
//!
//! Directives of MyST, `:::` admonitions, tags of site generators, comments on one line and the tags of disclosure
//! widgets and tables are noise: their content counts, they do not. Text behind a fence that is never closed is given back.
//!
//! Invariant: the result is as long as the text, byte for byte, and code is left as it is.

use std::borrow::Cow;

use crate::parse::preformatted;

/// A text without noise, and where it has to be read anew because a fence in front was never closed.
#[derive(Debug)]
pub(crate) struct Layout<'t> {
    pub(crate) text: Cow<'t, str>,
    /// Offsets at which a new part begins, rising.
    pub(crate) cuts: Vec<usize>,
}

/// Zero-width space: stands for a tag in front of text, where blanks would make the line code.
pub(crate) const FILLER: &str = "\u{200b}";

/// A fence that has been opened.
#[derive(Debug, Clone, Copy)]
struct Open {
    marker: u8,
    length: usize,
    /// Markdown within is shown, with fences of its own.
    quotes_markdown: bool,
    /// Line of the first heading within, where the reading resumes if the fence is never closed.
    heading: Option<usize>,
}

/// A line that opens or closes a fence.
struct Marker<'t> {
    marker: u8,
    length: usize,
    info: &'t str,
}

struct Reader<'t> {
    text: &'t str,
    /// Start and end of every line, without its break.
    lines: Vec<(usize, usize)>,
    fence: Option<Open>,
    directives: Vec<(u8, usize)>,
    /// Whether this is code in HTML.
    preformatted: bool,
    /// Whether the line before opened a directive, whose options may follow.
    options: bool,
    /// Ranges to blank out, and what stands there instead.
    noise: Vec<(usize, usize, Mask)>,
    cuts: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mask {
    Blank,
    Filler,
    CodeOpens,
    CodeCloses,
    /// The marker of a list item.
    Item,
    /// The same, where blanks behind it would make code of what follows.
    FilledItem,
}

impl<'t> Layout<'t> {
    /// Reads the text from `start` on; what stands before is left as it is.
    pub(crate) fn of(text: &'t str, start: usize) -> Self {
        let mut offset = start;
        let lines = text[start..].split_inclusive('\n').map(|line| {
            let begin = offset;
            offset += line.len();
            (begin, begin + line.trim_end_matches(['\n', '\r']).len())
        });
        let lines = lines.collect();
        let mut reader = Reader {
            text,
            lines,
            fence: None,
            directives: Vec::new(),
            preformatted: false,
            options: false,
            noise: Vec::new(),
            cuts: Vec::new(),
        };
        reader.read();
        Self { text: masked(text, &reader.noise), cuts: reader.cuts }
    }
}

impl<'t> Reader<'t> {
    fn read(&mut self) {
        let mut line = 0;
        while line < self.lines.len() {
            line = self.line(line);
            if line == self.lines.len()
                && let Some(heading) = self.fence.and_then(|fence| fence.heading)
            {
                line = self.resume(heading);
            }
        }
    }

    /// Reads one line, and says which one comes next.
    fn line(&mut self, line: usize) -> usize {
        let (start, end) = self.lines[line];
        let content = &self.text[start..end];
        if self.fence.is_none() && (self.preformatted || preformatted::opens(content)) {
            self.preformatted = !preformatted::closes(content);
            return line + 1;
        }
        if self.fence.is_none() && content.starts_with(": ") && line > 0 && !self.is_blank(line - 1) {
            // The definition below a term: what is indented belongs to it as to a list item.
            self.noise.push((start, start + 1, Mask::Item));
        }
        let marker = marker(content);
        if let Some(mut fence) = self.fence {
            match marker {
                Some(marker) if marker.marker == fence.marker && marker.length >= fence.length => {
                    if marker.info.is_empty() {
                        self.fence = None;
                    } else if !fence.quotes_markdown {
                        return self.resume(fence.heading.unwrap_or(line));
                    }
                }
                _ if fence.heading.is_none() && line > 0 && is_heading(content) && self.is_blank(line - 1) => {
                    fence.heading = Some(line);
                    self.fence = Some(fence);
                }
                _ => {}
            }
            return line + 1;
        }
        match marker {
            Some(marker) => self.marked(&marker, start, end),
            None => self.prose(content, start, end),
        }
        line + 1
    }

    /// The fence in front of this line was never closed: reading begins anew here.
    fn resume(&mut self, line: usize) -> usize {
        self.fence = None;
        self.cuts.push(self.lines[line].0);
        line
    }

    fn is_blank(&self, line: usize) -> bool {
        let (start, end) = self.lines[line];
        self.text[start..end].trim().is_empty()
    }

    fn marked(&mut self, marker: &Marker<'_>, start: usize, end: usize) {
        self.options = false;
        let closes = |(kind, length): &(u8, usize)| *kind == marker.marker && marker.length >= *length;
        if marker.info.is_empty() && self.directives.last().is_some_and(closes) {
            self.directives.pop();
            return self.noise.push((start, end, Mask::Blank));
        }
        if is_directive(marker.info) {
            self.directives.push((marker.marker, marker.length));
            self.options = true;
            return self.noise.push((start, end, Mask::Blank));
        }
        let first = marker.info.split_whitespace().next().unwrap_or_default();
        self.fence = Some(Open {
            marker: marker.marker,
            length: marker.length,
            quotes_markdown: matches!(first, "md" | "markdown" | "mdx" | "erb"),
            heading: None,
        });
    }

    fn prose(&mut self, content: &str, start: usize, end: usize) {
        let text = content.trim();
        let option = std::mem::take(&mut self.options) && text.starts_with(':') && text[1..].contains(':');
        if option {
            self.options = true;
            return self.noise.push((start, end, Mask::Blank));
        }
        if text.starts_with(['!', '?']) {
            return self.admonition(content, start);
        }
        if text.is_empty() || !text.starts_with(['<', '{', ':', '(', 'i']) {
            return;
        }
        if is_noise(text) {
            return self.noise.push((start, end, Mask::Blank));
        }
        if text.starts_with('<') {
            self.tags(content, start, end);
        }
    }

    /// `!!! warning`, whose content is indented as that of a list item is: it becomes one.
    fn admonition(&mut self, content: &str, start: usize) {
        let text = content.trim_start();
        let start = start + content.len() - text.len();
        let kind = |marker: &str| {
            text.strip_prefix(marker).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
        };
        if kind("!!! ") || kind("??? ") {
            self.noise.push((start, start + 3, Mask::Item));
        } else if kind("???+ ") {
            self.noise.push((start, start + 5, Mask::FilledItem));
        }
    }

    /// A line that begins with a tag whose content counts.
    fn tags(&mut self, content: &str, start: usize, end: usize) {
        let mut found = Vec::new();
        let mut text = false;
        let mut at = 0;
        while at < content.len() {
            let rest = &content[at..];
            match tag(rest) {
                Some((length, mask)) => {
                    found.push((start + at, start + at + length, mask));
                    at += length;
                }
                None => {
                    let next = rest.chars().next().unwrap_or_default();
                    if found.is_empty() && !next.is_whitespace() {
                        return;
                    }
                    text |= !next.is_whitespace();
                    at += next.len_utf8();
                }
            }
        }
        if text {
            self.noise.extend(found);
        } else {
            self.noise.push((start, end, Mask::Blank));
        }
    }
}

/// The fence marker that a line holds behind quotation marks and list markers.
fn marker(line: &str) -> Option<Marker<'_>> {
    let mut rest = line.trim_start_matches([' ', '\t', '>']);
    if !rest.starts_with(['`', '~']) {
        rest = without_list_marker(rest)?;
    }
    let kind = *rest.as_bytes().first().filter(|byte| matches!(byte, b'`' | b'~'))?;
    let length = rest.bytes().take_while(|byte| *byte == kind).count();
    let info = rest[length..].trim();
    (length >= 3 && !(kind == b'`' && info.contains('`'))).then_some(Marker { marker: kind, length, info })
}

/// The line behind `- ` or `1. `.
fn without_list_marker(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(['-', '*', '+', ':']).or_else(|| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.strip_prefix(['.', ')']).filter(|_| rest.len() < line.len())
    })?;
    rest.starts_with([' ', '\t']).then(|| rest.trim_start())
}

/// A heading that nobody takes for a comment of a shell.
fn is_heading(line: &str) -> bool {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    (2..=6).contains(&level)
        && line[level..].starts_with(' ')
        && line[level..].trim().starts_with(|c: char| c.is_alphanumeric() || !c.is_ascii())
}

/// Directives whose content is Markdown: all but those that show code.
fn is_directive(info: &str) -> bool {
    let Some((name, _)) = info.strip_prefix('{').and_then(|rest| rest.split_once('}')) else { return false };
    let code =
        ["code", "prompt", "source", "literal", "parsed", "math", "mermaid", "bash", "sh", ".", "#", "figure", "image"];
    !name.is_empty() && !code.iter().any(|prefix| name.starts_with(prefix))
}

fn is_noise(text: &str) -> bool {
    let within = |open: &str, close: &str| {
        text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(|inside| !inside.contains(close))
    };
    text.starts_with(":::")
        || within("<!--", "-->") && !text.contains("allclear:")
        || within("{%", "%}")
        || within("{{<", ">}}")
        || within("{{%", "%}}")
        || within("<%", "%>")
        || within("{:", "}")
        || within("(", ")=")
        || text.starts_with("import ") && text.contains(" from ") && text.contains(['"', '\''])
}

/// Length of the tag at the start of the text and what takes its place, if only its content counts.
fn tag(text: &str) -> Option<(usize, Mask)> {
    #[rustfmt::skip]
    const TRANSPARENT: &[&str] = &[
        "details", "summary", "div", "center", "a", "br", "p", "span", "section", "table", "tr", "td", "th", "tbody",
        "thead", "colgroup", "col", "ul", "ol", "li", "b", "i", "em", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
        "img", "font", "small", "sub", "sup", "blockquote",
    ];
    const LONGEST: usize = 300;
    let inside = text.strip_prefix('<')?;
    let length = inside.bytes().take(LONGEST).position(|byte| byte == b'>')?;
    let closing = inside.starts_with('/');
    let body = inside[..length].trim_start_matches('/');
    let name = body.split([' ', '/', '\t']).next().unwrap_or_default();
    if name == "code" {
        return Some((length + 2, if closing { Mask::CodeCloses } else { Mask::CodeOpens }));
    }
    let component = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !["command=", "cmd=", "path="].iter().any(|attribute| body.contains(attribute));
    (TRANSPARENT.contains(&name) || component).then_some((length + 2, Mask::Filler))
}

fn masked<'t>(text: &'t str, noise: &[(usize, usize, Mask)]) -> Cow<'t, str> {
    if noise.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for (start, end, mask) in noise {
        // A fence that was given back is read twice, and so is the noise in it.
        if *start < out.len() {
            continue;
        }
        out.push_str(&text[out.len()..*start]);
        let length = end - start;
        match mask {
            Mask::Blank => out.extend(std::iter::repeat_n(' ', length)),
            Mask::Filler => fill(&mut out, length),
            Mask::Item => {
                out.push('-');
                out.extend(std::iter::repeat_n(' ', length - 1));
            }
            Mask::FilledItem => {
                out.push_str("- ");
                fill(&mut out, length - 2);
            }
            Mask::CodeOpens => {
                fill(&mut out, length - 1);
                out.push('`');
            }
            Mask::CodeCloses => {
                out.push('`');
                fill(&mut out, length - 1);
            }
        }
    }
    out.push_str(&text[out.len()..]);
    Cow::Owned(out)
}

fn fill(out: &mut String, length: usize) {
    out.extend(std::iter::repeat_n(' ', length % FILLER.len()));
    out.extend(std::iter::repeat_n(FILLER, length / FILLER.len()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Vec<usize>) {
        let layout = Layout::of(text, 0);
        assert_eq!(layout.text.len(), text.len());
        let lines: Vec<&str> = layout.text.lines().map(str::trim).collect();
        (lines.join("\n"), layout.cuts)
    }

    #[test]
    fn directives_are_noise_and_their_content_is_not() {
        let text = "```{note}\n:class: x\nRead:\n```\n\n````{tip}\n```bash\nls\n```\n````\n\n::: warning\nNo\n:::\n";
        assert_eq!(read(text).0, "\n\nRead:\n\n\n\n```bash\nls\n```\n\n\n\nNo\n");
    }

    #[test]
    fn tags_and_markers_of_generators_are_noise() {
        let text =
            "<!--USstart-->\nA\n{% include x %}\n<details>\n<summary>B</summary>\n<%= partial 'x' %>\n(label)=\n";
        assert_eq!(read(text).0.replace(FILLER, "").replace(' ', ""), "\nA\n\n\nB\n\n");
    }

    #[test]
    fn code_is_left_as_it_is() {
        let text = "```\n<!-- a -->\n{% x %}\n:::\n```\n";
        assert_eq!(read(text).0, text.trim_end());
    }

    #[test]
    fn a_fence_that_is_never_closed_ends_at_the_next_heading_or_fence() {
        assert_eq!(read("```bash\nls\n\n## Next\n\ntext\n").1, [12]);
        assert_eq!(read("```bash\nls\n\n## Next\n\n```bash\nls\n```\n").1, [12]);
        assert_eq!(read("```bash\nls\n```sql\nSELECT 1;\n```\n").1, [11]);
        assert_eq!(read("```bash\nls\n## comment\n```\n").1, Vec::<usize>::new());
    }
}
