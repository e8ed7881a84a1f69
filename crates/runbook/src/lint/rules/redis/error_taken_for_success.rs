//! RD07: redis-cli ends with 0 although the server answered with an error, and the rest goes on.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::{Document, Fix, Report, Rule};
use crate::syntax::bash::{Frame, Joined, Wrapper};
use crate::syntax::redis::{self, Options};

pub(super) const RULE: Rule = Rule {
    code: "RD07",
    name: "error-taken-for-success",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/RD07.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for place in document.invocations().filter(|place| redis::is_client(place.program())) {
        let options = Options::of(place.invocation);
        if options.request.is_empty() || options.has("-e") || options.has("--eval") || options.has("--cluster") {
            continue;
        }
        let Some(decides) = decides(&place) else { continue };
        let Some(program) = place.invocation.words.first() else { continue };
        let finding = report.at(
            place.span(),
            format!(
                "`redis-cli` ends with 0 even if the server answers with an error, so {decides} takes it for success"
            ),
            "add `-e`, or look at the answer: `| grep -q PONG`",
        );
        let end = place.entry.place(program.span).end;
        finding.fix = Some(Fix::insert("end with an error where the server answers with one", end, " -e"));
    }
}

/// What goes by the exit status of an invocation.
fn decides(place: &Place<'_, '_>) -> Option<&'static str> {
    let this = place.invocation;
    let script = &place.entry.script;
    let repeated = script.wrappers(place.index).any(|outer| outer.wraps == Some(Wrapper::Repeated));
    if repeated || this.stage + 1 != this.stages || this.background {
        return None;
    }
    if this.frames.last() == Some(&Frame::Condition) {
        return Some("the condition");
    }
    let next = script.invocations.iter().filter(|other| other.pipeline > this.pipeline && other.frames == this.frames);
    let next = next.min_by_key(|other| other.pipeline)?;
    match next.joined {
        Joined::And => Some("`&&`"),
        // The status is thrown away.
        Joined::Or if matches!(next.program(), "true" | ":") => None,
        Joined::Or => Some("`||`"),
        Joined::First | Joined::Then => None,
    }
}
