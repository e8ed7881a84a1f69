//! Remarks by which an author allows what a rule would report: `<!-- allclear: allow K04: REASON -->`.
//!
//! In Markdown a remark covers the block below it: a paragraph or list item with the fence that belongs to it, a fence,
//! or, above a heading, everything under the heading. In a fence, `# allclear: allow K04: REASON` covers its own line,
//! or the next one where it stands alone. `allow-file` covers the file. Without a reason a remark covers nothing.

use crate::span::{Lines, Span};

/// One remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allow {
    /// From `allclear:` to the end of the reason.
    pub(crate) span: Span,
    /// The rules, by code or name, as written.
    pub(crate) rules: Vec<String>,
    /// Why; absent where the author gives none.
    pub(crate) reason: Option<String>,
    /// The lines that it covers, 1-based, first and last.
    pub(crate) lines: (u32, u32),
}

const MARK: &str = "allclear: allow";

/// The remarks of a text.
pub(crate) fn allows(text: &str) -> Vec<Allow> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let starts = Lines::of(text);
    let mut blocks = Blocks { lines: &lines, asked: None, paragraph: None };
    let remarks = text.match_indices(MARK).filter_map(|(at, _)| {
        let number = starts.line(at);
        let line = *lines.get(usize::try_from(number).ok()? - 1)?;
        let column = at - (line.as_ptr() as usize - text.as_ptr() as usize);
        let allow = remark(&mut blocks, number, line, column);
        allow.map(|allow| Allow { span: Span::new(at, at + allow.span.end), ..allow })
    });
    remarks.collect()
}

/// The remark that begins at `column` of a line; its span is relative to that place.
fn remark(blocks: &mut Blocks<'_>, number: u32, line: &str, column: usize) -> Option<Allow> {
    let before = line[..column].trim();
    let html = before.ends_with("<!--");
    if !html && !before.ends_with('#') && !before.ends_with("--") {
        return None;
    }
    let body = &line[column..];
    // Where the next remark begins on the same line, this one ends.
    let next = body[MARK.len()..].find(MARK).map_or(body.len(), |at| at + MARK.len());
    let body = &body[..next];
    let body = if html { body.split("-->").next().unwrap_or_default() } else { body }.trim_end();
    let mut rest = &body[MARK.len()..];
    let file = rest.starts_with("-file");
    rest = rest.strip_prefix("-file").unwrap_or(rest);
    let (rules, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let rules = rules.split([',', ' ']).filter(|rule| !rule.is_empty()).map(str::to_owned).collect();
    let alone = before.trim_end_matches("<!--").trim_end_matches(['#', '-']).trim().is_empty();
    let last = u32::try_from(blocks.lines.len()).unwrap_or(u32::MAX);
    let covered = match (file, html, alone) {
        (true, ..) => (1, last),
        (_, true, _) => (number, blocks.last_below(number)),
        (.., true) => (number, number + 1),
        (.., false) => (number, number),
    };
    let reason = Some(reason.trim()).filter(|reason| !reason.is_empty()).map(str::to_owned);
    Some(Allow { span: Span::new(0, body.len()), rules, reason, lines: covered })
}

/// The lines of a text, and what was found out last: remarks stand close together, and a paragraph may be long.
struct Blocks<'t> {
    lines: &'t [&'t str],
    /// A line, and the last line of the block below it.
    asked: Option<(u32, u32)>,
    /// Lines of a paragraph from here to there, and the last line of what belongs to it.
    paragraph: Option<(usize, usize, usize)>,
}

impl Blocks<'_> {
    /// The last line of the block below a remark.
    fn last_below(&mut self, number: u32) -> u32 {
        if let Some((_, last)) = self.asked.filter(|(asked, _)| *asked == number) {
            return last;
        }
        let mut at = usize::try_from(number).unwrap_or(usize::MAX);
        while at < self.lines.len() && self.is_blank(at) {
            at += 1;
        }
        let heading = self.lines.get(at).map_or(0, |line| level(line));
        let last = if heading > 0 { self.end_of_section(at, heading) } else { self.end_of_paragraph(at) };
        let last = u32::try_from(last + 1).unwrap_or(u32::MAX);
        self.asked = Some((number, last));
        last
    }

    fn is_blank(&self, at: usize) -> bool {
        self.lines.get(at).is_none_or(|line| line.trim().is_empty())
    }

    /// The last line under the heading at `at`; `#` in a fence is a comment and ends nothing.
    fn end_of_section(&self, at: usize, heading: usize) -> usize {
        let mut open = None;
        let mut last = at;
        for (index, line) in self.lines.iter().enumerate().skip(at + 1) {
            match (open, fence(line)) {
                (None, None) if (1..=heading).contains(&level(line)) => break,
                (None, marker) => open = marker,
                (Some(marker), found) if found == Some(marker) => open = None,
                _ => {}
            }
            last = index;
        }
        last
    }

    /// The last line of the paragraph or item at `at`, with the fence below it, be there a blank line between them or not.
    fn end_of_paragraph(&mut self, at: usize) -> usize {
        if let Some((_, _, last)) = self.paragraph.filter(|(first, end, _)| (*first..*end).contains(&at)) {
            return last;
        }
        let mut end = at;
        while end < self.lines.len() && !self.is_blank(end) && fence(self.lines[end]).is_none() {
            end += 1;
        }
        let below = if self.is_blank(end) && end > at { end + 1 } else { end };
        let last = match self.lines.get(below).and_then(|line| fence(line)) {
            Some(marker) => {
                let closes =
                    |line: &&&str| line.trim().starts_with(marker) && line.trim().trim_matches(['`', '~']).is_empty();
                below + 1 + self.lines[below + 1..].iter().take_while(|line| !closes(line)).count()
            }
            None => end,
        };
        self.paragraph = Some((at, end, last));
        last
    }
}

/// The number of `#` in front, at most six.
fn level(line: &str) -> usize {
    const DEEPEST: usize = 6;
    line.bytes().take_while(|byte| *byte == b'#').take(DEEPEST).count()
}

fn fence(line: &str) -> Option<&'static str> {
    ["```", "~~~"].into_iter().find(|marker| line.trim_start().starts_with(marker))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(text: &str) -> Vec<(u32, u32)> {
        allows(text).into_iter().map(|allow| allow.lines).collect()
    }

    #[test]
    fn a_remark_covers_the_block_below_it() {
        assert_eq!(covered("<!-- allclear: allow K04: few pods -->\n\n1. Look:\n```bash\na\n```\nb\n"), [(1, 6)]);
        assert_eq!(covered("<!-- allclear: allow K04: few pods -->\n## A\n\nx\n### B\ny\n## C\nz\n"), [(1, 6)]);
        assert_eq!(
            covered("<!-- allclear: allow K04: few pods -->\n1. Look:\n\n   ```bash\n   a\n   ```\nb\n"),
            [(1, 6)]
        );
        assert_eq!(covered("<!-- allclear: allow K04: few pods -->\n## A\n```\n# a\n```\n## B\n"), [(1, 5)]);
        assert_eq!(covered("x\n<!-- allclear: allow-file K04: few pods -->\n"), [(1, 2)]);
    }

    #[test]
    fn a_remark_in_a_fence_covers_its_line_or_the_next() {
        assert_eq!(covered("```\na # allclear: allow K04: x\n# allclear: allow K04: x\nb\n```\n"), [(2, 2), (3, 4)]);
    }

    #[test]
    fn without_a_reason_nothing_is_covered() {
        let found = allows("<!-- allclear: allow K04, S10 -->\nx\n");
        assert_eq!((found[0].reason.as_deref(), found[0].rules.len()), (None, 2));
    }

    #[test]
    fn prose_about_remarks_is_none() {
        assert_eq!(covered("Write `allclear: allow K04: why` above it.\n"), []);
    }
}
