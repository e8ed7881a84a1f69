//! S08: the whole environment on the screen shows every secret in it.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::{Document, Report, Rule};
use crate::syntax::bash::Redirect;

pub(super) const RULE: Rule = Rule {
    code: "S08",
    name: "environment-dumped",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S08.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for place in
        document.invocations().filter(|place| place.invocation.wraps.is_none() && dumps(place) && is_shown(place))
    {
        report.at(
            place.span(),
            "this prints every secret of the environment into the scrollback and into whatever records the session",
            "ask for the names that matter: `printenv NAME`, or `env | cut -d= -f1` for the names alone",
        );
    }
}

fn dumps(place: &Place<'_, '_>) -> bool {
    let arguments = place.invocation.arguments();
    match place.program() {
        "env" | "printenv" => arguments.iter().all(|word| matches!(word.value.as_str(), "-0" | "--null")),
        "cat" | "strings" | "xargs" => arguments
            .iter()
            .any(|word| word.value.strip_prefix("/proc/").is_some_and(|rest| rest.ends_with("/environ"))),
        "node" => arguments.iter().any(|word| is_whole(&word.value, "process.env")),
        "python" | "python3" => arguments.iter().any(|word| is_whole(&word.value, "os.environ")),
        "docker" | "podman" => {
            place.call().begins(&["inspect"]) && arguments.iter().any(|word| is_whole(&word.value, ".Config.Env"))
        }
        "heroku" => place.call().begins(&["config"]) && place.call().operands.len() == 1,
        _ => false,
    }
}

/// Whether the text prints a value as a whole, not a field of it.
fn is_whole(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| text[at + name.len()..].starts_with([')', ' ', '}', ';', ',']))
}

/// Whether it reaches the screen: neither a file nor a program that picks some of it.
fn is_shown(place: &Place<'_, '_>) -> bool {
    let passes = |program: &str| matches!(program, "sort" | "less" | "more" | "cat" | "tee" | "tr" | "xargs");
    let kept = place
        .entry
        .script
        .pipeline(place.invocation.pipeline)
        .any(|stage| stage.redirects.iter().any(Redirect::writes));
    !kept
        && place.downstream().all(|stage| passes(stage.program()))
        && !place.invocation.frames.contains(&crate::syntax::bash::Frame::Substitution)
}
