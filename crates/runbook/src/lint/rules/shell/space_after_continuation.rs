//! S04: a blank behind the backslash at the end of a line escapes the blank, not the line break.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{Document, Entry, Fix, Report, Rule};
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "S04",
    name: "space-after-continuation",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/S04.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for (fence, entries) in document.bash_fences() {
        let mut offset = fence.body.start;
        let mut lines = fence.body.slice(document.text).split_inclusive('\n').peekable();
        let mut commands = entries.iter().copied().peekable();
        while let Some(line) = lines.next() {
            let content = line.trim_end_matches(['\n', '\r']);
            let kept = content.trim_end_matches([' ', '\t']);
            let blanks = Span::new(offset + kept.len(), offset + content.len());
            let backslash = blanks.start.saturating_sub(1);
            offset += line.len();
            while commands.next_if(|entry| entry.command.span.end < backslash).is_some() {}
            let odd = (kept.len() - kept.trim_end_matches('\\').len()) % 2 == 1;
            let goes_on =
                lines.peek().is_some_and(|next| !next.trim_matches(|c: char| c.is_whitespace() || c == '>').is_empty());
            let within = commands.peek().is_some_and(|entry| ends_a_line_of(entry, backslash));
            if blanks.start < blanks.end && odd && goes_on && within {
                report
                    .at(
                        Span::new(backslash, blanks.end),
                        "a blank behind the backslash ends the command here, and the next line runs as one of its own",
                        "end the line with the backslash",
                    )
                    .fix = Some(Fix::replace("remove the blanks", blanks, ""));
            }
        }
    }
}

/// Whether the backslash at this place of the file is one that the shell reads in this command, outside quotes.
fn ends_a_line_of(entry: &Entry<'_>, backslash: usize) -> bool {
    let covers = |span: Span| {
        let span = entry.place(span);
        span.start <= backslash && backslash < span.end
    };
    let quoted = |invocation: &crate::syntax::bash::Invocation| {
        invocation.words.iter().any(|word| covers(word.span) && word.value.contains('\n'))
            || invocation
                .redirects
                .iter()
                .filter_map(|redirect| redirect.body.as_ref())
                .any(|body| body.start.is_some_and(|start| covers(Span::new(start, start + body.text.len()))))
    };
    entry.command.span.start <= backslash && !entry.script.invocations.iter().any(quoted)
}
