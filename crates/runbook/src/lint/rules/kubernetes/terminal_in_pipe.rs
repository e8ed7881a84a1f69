//! K08: a terminal asked for with `-t` where the output is read by a program.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::{Document, Fix, Report, Rule};
use crate::syntax::bash::{Frame, Redirect, Wrapper};
use crate::syntax::call::{Call, Flag};

pub(super) const RULE: Rule = Rule {
    code: "K08",
    name: "terminal-in-pipe",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/K08.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for place in document.invocations() {
        let call = place.call();
        let Some(flag) = terminal(&place, call) else { continue };
        let Some(reader) = reader(&place) else { continue };
        let message = format!(
            "with a terminal every line ends in a carriage return and errors mix with the output, and {reader}"
        );
        let span = place.entry.place(flag.word.span);
        let help = "leave `-t` out; `-i` is needed only where something is sent in";
        let finding = report.at(span, message, help);
        if matches!(flag.word.value.as_str(), "-it" | "-ti") {
            finding.fix = Some(Fix::replace("ask for no terminal", span, "-i"));
        }
    }
}

/// The flag that asks for a terminal.
fn terminal<'c, 'd>(place: &Place<'d, '_>, call: &'c Call<'d>) -> Option<&'c Flag<'d>> {
    let fits = match place.program() {
        "kubectl" | "oc" => call.begins(&["exec|run|debug|attach"]),
        "docker" | "podman" => call.begins(&["exec|run"]),
        _ => false,
    };
    let wraps = place.invocation.wraps == Some(Wrapper::Container);
    call.flag(&["-t", "--tty"]).filter(|flag| fits && wraps && flag.value != Some("false"))
}

/// What reads the output, if it is not a person.
fn reader(place: &Place<'_, '_>) -> Option<String> {
    let invocation = place.invocation;
    if let Some(next) = place.downstream().next().filter(|next| next.program() != "tee") {
        return Some(format!("`{}` reads both", next.program()));
    }
    if invocation.redirects.iter().any(Redirect::writes) {
        return Some("both are in the file".to_owned());
    }
    let substituted = invocation.frames.contains(&Frame::Substitution);
    substituted.then(|| "both are in the value".to_owned())
}
