//! Findings for people: the lines concerned, what is wrong with them, what to write instead.

use std::ops::Range;

use allclear_runbook::{DiagnosticSeverity, Finding, RULES, Settings};
use annotate_snippets::{AnnotationKind, Level, Patch, Renderer, Snippet};

use super::place::Lines;
use super::{Checked, on_all_cores};

/// How many lines of a finding are shown, where it covers more.
const MOST_LINES: usize = 4;
/// How much of a finding is shown, where its lines are very long.
const MOST_BYTES: usize = 2_000;

/// Every finding with an excerpt, a blank line between them.
pub(crate) fn human(checked: &[Checked], colours: bool) -> String {
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    let with_findings: Vec<&Checked> = checked.iter().filter(|file| !file.findings.is_empty()).collect();
    on_all_cores(&with_findings, |file| of_file(file, &renderer)).concat()
}

fn of_file(file: &Checked, renderer: &Renderer) -> String {
    let text = without_secrets(&file.text, &file.findings);
    let lines = Lines::of(&text);
    let shown = file.findings.iter().map(|finding| one(&file.path, &text, &lines, finding, renderer) + "\n\n");
    shown.collect()
}

/// Rules that tell where a secret stands in the text.
const ABOUT_SECRETS: &[&str] = &["S07", "RD09"];

/// Settings by which nothing but secrets is found.
pub(crate) fn only_about_secrets() -> Settings {
    let mut settings = Settings::default();
    for rule in RULES.iter().copied().flatten().filter(|rule| !ABOUT_SECRETS.contains(&rule.code)) {
        settings.set(rule.code, None).expect("the rule is one of the rules");
    }
    settings
}

/// The text with the secrets that were found starred out, byte for byte: what is printed ends up in somebody's log.
fn without_secrets(text: &str, findings: &[Finding]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for place in secrets(text, findings) {
        bytes[place].iter_mut().filter(|byte| byte.is_ascii_alphanumeric()).for_each(|byte| *byte = b'*');
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// Where the secrets stand that were found.
fn secrets(text: &str, findings: &[Finding]) -> impl Iterator<Item = Range<usize>> {
    let places = findings.iter().flat_map(|finding| &finding.secrets);
    places.filter(|place| text.get(place.start..place.end).is_some()).map(|place| place.start..place.end)
}

/// The secrets that were found.
pub(crate) fn secret_values<'t>(text: &'t str, findings: &[Finding]) -> Vec<&'t str> {
    secrets(text, findings).map(|place| &text[place]).collect()
}

fn one(path: &str, text: &str, lines: &Lines<'_>, finding: &Finding, renderer: &Renderer) -> String {
    let level = match finding.severity {
        DiagnosticSeverity::Error => Level::ERROR,
        DiagnosticSeverity::Warning => Level::WARNING,
        DiagnosticSeverity::Information => Level::INFO,
    };
    let end = shown_end(text, finding.span.start, finding.span.end);
    let (excerpt, first) = lines.around(finding.span.start, end);
    let annotation = AnnotationKind::Primary.span(finding.span.start - excerpt.start..end - excerpt.start);
    let source = Snippet::source(&text[excerpt.clone()]).path(path).line_start(first);
    let group =
        level.primary_title(finding.message.as_str()).id(finding.rule.code).element(source.annotation(annotation));
    let help = Level::HELP.message(finding.help.as_str());
    let placed = |shown: String| placed(shown, path, text, lines, (finding, &excerpt));
    let Some(fix) = finding.fix.as_ref().filter(|fix| is_within(fix, &excerpt)) else {
        return placed(renderer.render(&[group.element(help)]));
    };
    let patches = fix
        .edits
        .iter()
        .map(|edit| Patch::new(edit.span.start - excerpt.start..edit.span.end - excerpt.start, edit.text.as_str()));
    let patched = Snippet::source(&text[excerpt.clone()]).path(path).line_start(first);
    let fixed = Level::HELP.secondary_title(finding.help.as_str()).element(patched.patches(patches));
    placed(renderer.render(&[group, fixed]))
}

/// The rendered finding with the column of its line; where the line was too long to be shown, that of the excerpt stands
/// there.
fn placed(
    shown: String,
    path: &str,
    text: &str,
    lines: &Lines<'_>,
    (finding, excerpt): (&Finding, &Range<usize>),
) -> String {
    let place = lines.place(finding.span.start, finding.span.end);
    let before = text.get(excerpt.start..finding.span.start).unwrap_or_default();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    if column == place.column {
        return shown;
    }
    let named = |column: usize| format!("{path}:{}:{column}", place.line);
    shown.replace(&named(column), &named(place.column))
}

fn is_within(fix: &allclear_runbook::Fix, excerpt: &std::ops::Range<usize>) -> bool {
    fix.edits.iter().all(|edit| excerpt.start <= edit.span.start && edit.span.end <= excerpt.end)
}

/// The end of what is shown of a span: a few lines of it.
fn shown_end(text: &str, start: usize, end: usize) -> usize {
    let end = text.floor_char_boundary(end.min(start + MOST_BYTES));
    let inside = text.get(start..end).unwrap_or_default();
    inside.match_indices('\n').nth(MOST_LINES - 1).map_or(end, |(at, _)| start + at)
}

/// How many findings there are, by level, in how many files.
pub(crate) fn summary(checked: &[Checked]) -> String {
    let count = |severity| checked.iter().flat_map(|file| &file.findings).filter(|it| it.severity == severity).count();
    let (errors, warnings, remarks) =
        (count(DiagnosticSeverity::Error), count(DiagnosticSeverity::Warning), count(DiagnosticSeverity::Information));
    let runbooks = checked.iter().filter(|file| file.is_runbook).count();
    let others = checked.len() - runbooks;
    let mut said = match errors + warnings + remarks {
        0 => format!("nothing found in {}", counted(runbooks, "runbook")),
        _ => format!(
            "{}, {}, {} in {}",
            counted(errors, "error"),
            counted(warnings, "warning"),
            counted(remarks, "remark"),
            counted(runbooks, "runbook")
        ),
    };
    if others > 0 {
        said.push_str(&format!("; {} without a procedure passed over", counted(others, "file")));
    }
    let fixable = checked.iter().flat_map(|file| &file.findings).filter(|finding| finding.fix.is_some()).count();
    if fixable > 0 {
        said.push_str(&format!("; `--fix` mends {fixable}"));
    }
    if let Some(finding) = checked.iter().flat_map(|file| &file.findings).next() {
        said.push_str(&format!("; more about a finding: allclear explain {}", finding.rule.code));
    }
    said
}

fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
