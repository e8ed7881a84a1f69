//! Labels: the bold or plain words with a colon by which a paragraph says what it is about.

use std::borrow::Cow;

use crate::model::SectionKind;
use crate::parse::markdown::{Inline, Style, plain};
use crate::parse::vocabulary;
use crate::span::Span;

/// `**When**: data is gone`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) title: String,
    /// The section that it opens, if it is one of those that we know.
    pub(crate) section: Option<SectionKind>,
    /// What stands behind it on the same line.
    pub(crate) rest: String,
}

/// The lines of a paragraph.
pub(crate) fn lines(inlines: &[Inline]) -> impl Iterator<Item = &[Inline]> {
    inlines.split(|inline| inline.style == Style::Break).filter(|line| !line.is_empty())
}

/// The parts of a line that holds several properties: `Owner: ana | Severity: P1`; the line itself where it does not.
pub(crate) fn properties(line: &[Inline]) -> Vec<Cow<'_, [Inline]>> {
    const MARKS: [char; 3] = ['|', '·', '•'];
    if !line.iter().any(|inline| inline.style == Style::Plain && inline.text.contains(MARKS)) {
        return vec![Cow::Borrowed(line)];
    }
    let mut parts: Vec<Vec<Inline>> = vec![Vec::new()];
    for inline in line {
        let mut start = 0;
        for (at, mark) in inline.text.match_indices(MARKS).filter(|_| inline.style == Style::Plain) {
            parts.last_mut().expect("there is one from the start").extend(part(inline, start, at));
            parts.push(Vec::new());
            start = at + mark.len();
        }
        parts.last_mut().expect("there is one from the start").extend(part(inline, start, inline.text.len()));
    }
    parts.retain(|part| !part.is_empty());
    let property = |part: &Vec<Inline>| {
        let section = label(part).filter(|label| !label.rest.is_empty()).and_then(|label| label.section);
        matches!(section, Some(SectionKind::Owner | SectionKind::Severity))
    };
    let are_properties = parts.len() > 1 && parts.iter().skip(1).any(property);
    if are_properties { parts.into_iter().map(Cow::Owned).collect() } else { vec![Cow::Borrowed(line)] }
}

/// A piece of a run of text, without blanks around it.
fn part(inline: &Inline, start: usize, end: usize) -> Option<Inline> {
    if inline.style != Style::Plain {
        return Some(inline.clone());
    }
    let piece = &inline.text[start..end];
    let text = piece.trim();
    let begin = start + (piece.len() - piece.trim_start().len());
    // Text with escapes is shorter than its source: then the place is that of the run.
    let aligned = inline.span.end - inline.span.start == inline.text.len();
    let at = inline.span.start + begin;
    let span = if aligned { Span::new(at, at + text.len()) } else { inline.span };
    (!text.is_empty()).then(|| Inline { text: text.to_owned(), span, style: Style::Plain })
}

/// The span that a run of inlines covers.
pub(crate) fn span_of(inlines: &[Inline]) -> Span {
    let spans = inlines.iter().map(|inline| inline.span);
    spans.reduce(Span::cover).unwrap_or_default()
}

/// The label that a line begins with.
pub(crate) fn label(line: &[Inline]) -> Option<Label> {
    let strong = line.iter().take_while(|inline| inline.style == Style::Strong).count();
    if strong == 0 { plain_label(line) } else { bold_label(line, strong) }
}

fn bold_label(line: &[Inline], strong: usize) -> Option<Label> {
    let title = plain(&line[..strong]);
    let rest = plain(&line[strong..]);
    let separator = rest.starts_with([':', '-', '–', '—']) || rest.is_empty();
    if !separator && !title.ends_with([':', '.']) {
        return None;
    }
    let rest = rest.trim_start_matches([':', '-', '–', '—', ' ']).to_owned();
    let title = title.trim_end_matches([':', ' ', '.']).to_owned();
    (!title.is_empty()).then(|| Label { section: vocabulary::section(&title), title, rest })
}

/// `Symptoms: …` without emphasis counts only where the word is one that opens a section.
fn plain_label(line: &[Inline]) -> Option<Label> {
    let first = line.first().filter(|inline| inline.style == Style::Plain)?;
    let (title, _) = first.text.split_once(':')?;
    if title.split_whitespace().count() > 3 {
        return None;
    }
    // "Check:" introduces what to check; only some verbs are used as the names of sections.
    let verb = crate::parse::sentences::is_imperative(title)
        && !matches!(title.trim(), "Fix" | "Verify" | "Rollback" | "Mitigate" | "Alert");
    let section = vocabulary::section(title)
        .filter(|kind| !verb && !matches!(kind, SectionKind::Background | SectionKind::Cause))?;
    let whole = plain(line);
    let rest = whole.split_once(':').map(|(_, rest)| rest.trim().to_owned()).unwrap_or_default();
    Some(Label { title: title.trim().to_owned(), section: Some(section), rest })
}

/// The first sentence and the rest.
pub(crate) fn first_sentence(text: &str) -> (&str, &str) {
    let end = text.char_indices().find(|(at, c)| {
        matches!(c, '.' | '!' | '?' | ':') && text[at + c.len_utf8()..].starts_with([' ', '\n']) || *c == '\n'
    });
    match end {
        Some((at, c)) => (text[..at].trim(), text[at + c.len_utf8()..].trim()),
        None => (text.trim().trim_end_matches(['.', ':']), ""),
    }
}

/// The last sentence: the one that introduces what follows.
pub(crate) fn last_sentence(text: &str) -> &str {
    let body = text.trim_end_matches([':', '.', ' ', '\n']);
    let start = body
        .char_indices()
        .rev()
        .find(|(at, c)| matches!(c, '.' | '!' | '?') && body[at + c.len_utf8()..].starts_with(' ') || *c == '\n');
    start.map_or(body, |(at, c)| &body[at + c.len_utf8()..]).trim()
}

/// "Or:", "Alternatively, …", "More conservative": what follows takes the place of what stood before.
pub(crate) fn introduces_alternative(text: &str) -> bool {
    let lower = text.trim().trim_end_matches(':').to_lowercase();
    let first = lower.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    match first {
        "or" | "alternatively" | "alternative" => true,
        "option" => !matches!(lower.split_whitespace().nth(1), Some("a" | "1") | None),
        _ => lower.starts_with("more conservative"),
    }
}

/// The sentences of a run of inlines, each where it begins.
pub(crate) fn sentences(inlines: &[Inline]) -> Vec<(Span, String)> {
    let mut found: Vec<(Span, String)> = Vec::new();
    let mut open: Option<(Span, String)> = None;
    for inline in inlines.iter().filter(|inline| !matches!(inline.style, Style::Destination | Style::Attribute)) {
        if inline.style == Style::Break {
            open.iter_mut().for_each(|(_, text)| text.push(' '));
            continue;
        }
        let mut start = 0;
        for end in ends(inline) {
            extend(&mut open, inline, start, end);
            found.extend(open.take());
            start = end;
        }
        extend(&mut open, inline, start, inline.text.len());
    }
    found.extend(open);
    found.retain(|(_, text)| !text.trim().is_empty());
    found.iter_mut().for_each(|(_, text)| *text = text.trim().to_owned());
    found
}

/// Offsets behind the sentences that end within the text.
fn ends(inline: &Inline) -> impl Iterator<Item = usize> + '_ {
    let text = inline.text.as_str();
    let marks = text.match_indices(['.', '!', '?']).filter(move |_| inline.style != Style::Code);
    marks.map(|(at, mark)| at + mark.len()).filter(move |end| {
        let abbreviated = || ["e.g.", "i.e.", "etc.", "vs.", "approx."].iter().any(|word| text[..*end].ends_with(word));
        text[*end..].starts_with(' ') && !abbreviated()
    })
}

fn extend(open: &mut Option<(Span, String)>, inline: &Inline, start: usize, end: usize) {
    let text = &inline.text[start..end];
    let blank = text.len() - text.trim_start().len();
    match open {
        Some((_, sentence)) => sentence.push_str(text),
        None if blank < text.len() => {
            let at = (inline.span.start + start + blank).min(inline.span.end);
            // Text with escapes is shorter than its source: then the place is that of the run.
            let at = if inline.span.end - inline.span.start == inline.text.len() { at } else { inline.span.start };
            *open = Some((Span::new(at, inline.span.end.max(at)), text.to_owned()));
        }
        None => {}
    }
}
