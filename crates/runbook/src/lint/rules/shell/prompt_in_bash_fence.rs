//! S02: a prompt in a fence tagged `bash` is pasted along with the command.

use crate::diagnostic::DiagnosticSeverity::Information;
use crate::lint::{Document, Edit, Entry, Fence, Fix, Report, Rule};
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "S02",
    name: "prompt-in-bash-fence",
    severity: Information,
    page: include_str!("../../../../../../docs/lint/S02.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for (fence, entries) in document.bash_fences() {
        let prompts: Vec<Span> = entries.iter().filter_map(|entry| prompt(document.text, entry)).collect();
        let Some(first) = prompts.first().filter(|_| fence.is_script()) else { continue };
        let help = "leave the prompt out, or tag a fence that also shows output as `console`";
        let finding = report.at(*first, "pasted with its prompt, the line looks for a program called `$`", help);
        if prompts.len() == entries.len() && is_all_commands(document.text, fence, &entries) {
            let edits = prompts.into_iter().map(|span| Edit { span, text: String::new() }).collect();
            finding.fix = Some(Fix { title: "leave the prompts out".to_owned(), edits });
        }
    }
}

/// `$ ` in front of a command.
fn prompt(text: &str, entry: &Entry<'_>) -> Option<Span> {
    let end = entry.command.span.start;
    let start = text[..end].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[start..end];
    let at = before.find('$').filter(|at| before[at + 1..].chars().all(char::is_whitespace))?;
    let marked =
        before[at + 1..].starts_with([' ', '\t']) && before[..at].chars().all(|c| c.is_whitespace() || c == '>');
    marked.then_some(Span::new(start + at, end))
}

/// Whether every line of the fence belongs to a command or is a comment, so that nothing in it is output.
fn is_all_commands(text: &str, fence: &Fence<'_>, entries: &[&Entry<'_>]) -> bool {
    let mut offset = fence.body.start;
    fence.body.slice(text).split_inclusive('\n').all(|line| {
        let visible = Span::new(offset, offset + line.trim_end().len());
        offset += line.len();
        let content = line.trim_start_matches([' ', '\t', '>']).trim_end();
        let covered =
            |entry: &&&Entry<'_>| entry.command.span.start < visible.end && visible.start < entry.command.span.end;
        content.is_empty() || content.starts_with("# ") || entries.iter().find(covered).is_some()
    })
}
