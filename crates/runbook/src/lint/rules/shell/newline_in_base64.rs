//! S09: `echo` ends with a line break, and `base64` encodes it with the secret.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::document::Place;
use crate::lint::{Document, Fix, Report, Rule};
use crate::syntax::bash::{Invocation, RedirectKind};

pub(super) const RULE: Rule = Rule {
    code: "S09",
    name: "newline-in-base64",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/S09.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for place in document.invocations() {
        if place.program() == "echo"
            && place.downstream().find(|next| next.stage == place.invocation.stage + 1).is_some_and(encodes)
        {
            echoed(place, report);
        } else if let Some(word) = here_string(place.invocation) {
            report.at(
                place.entry.place(word),
                "a here-string ends with a line break, and it is encoded with the value",
                "write `printf %s VALUE | base64`",
            );
        }
    }
}

fn echoed(place: Place<'_, '_>, report: &mut Report) {
    let options = place.invocation.arguments().iter().take_while(|word| word.value.starts_with('-'));
    if options.clone().any(|word| word.value.trim_start_matches('-').contains('n'))
        || place.invocation.arguments().is_empty()
    {
        return;
    }
    let Some(name) = place.invocation.words.first() else { return };
    let end = place.entry.place(name.span).end;
    report
        .at(
            place.span(),
            "`echo` ends its output with a line break, and `base64` encodes it: what reads the value gets one character more",
            "write `printf %s` instead of `echo`",
        )
        .fix = Some(Fix::insert("leave the line break out", end, " -n"));
}

fn encodes(invocation: &Invocation) -> bool {
    let decodes = |value: &str| {
        value.starts_with("--d") || !value.starts_with("--") && value.starts_with('-') && value.contains(['d', 'D'])
    };
    invocation.program() == "base64" && !invocation.arguments().iter().any(|word| decodes(&word.value))
}

fn here_string(invocation: &Invocation) -> Option<crate::span::Span> {
    let here = invocation.redirects.iter().find(|redirect| redirect.kind == RedirectKind::HereString)?;
    encodes(invocation).then_some(here.target.span)
}
