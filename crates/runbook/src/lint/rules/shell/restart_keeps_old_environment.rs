//! S17: `docker compose restart` starts the old container again, with the old environment.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::document::Place;
use crate::lint::{Document, Report, Rule, Scope};
use crate::model::Step;

pub(super) const RULE: Rule = Rule {
    code: "S17",
    name: "restart-keeps-old-environment",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/S17.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in document.scopes.iter().filter(|scope| scope.procedure.is_some()) {
        sequence(scope, report);
    }
}

/// Says it at a restart behind a change of the environment, unless the containers are made anew in between.
fn sequence(scope: &Scope<'_>, report: &mut Report) {
    let mut changed = false;
    let mut step: Option<&Step> = None;
    for place in scope.invocations() {
        if place.entry.step.map(std::ptr::from_ref) != step.map(std::ptr::from_ref) {
            step = place.entry.step;
            changed |= step.is_some_and(|step| is_edited(&step.title) || is_edited(&step.prose));
        }
        match compose(&place) {
            Some("up" | "create" | "run") => changed = false,
            Some("restart") if changed => {
                report.at(
                    place.span(),
                    "this starts the same container again: what was changed in its environment stays as it was",
                    "write `docker compose up -d SERVICE`, which makes the container anew",
                );
            }
            _ => changed |= writes_environment(&place),
        }
    }
}

/// The subcommand of `docker compose`.
fn compose<'d>(place: &Place<'d, '_>) -> Option<&'d str> {
    let call = place.call();
    match place.program() {
        "docker-compose" => Some(call.operand(0)),
        "docker" if call.begins(&["compose"]) => call
            .operands
            .iter()
            .map(|word| word.value.as_str())
            .find(|word| matches!(*word, "up" | "create" | "run" | "restart")),
        _ => None,
    }
}

fn writes_environment(place: &Place<'_, '_>) -> bool {
    let redirected =
        place.invocation.redirects.iter().any(|redirect| redirect.writes() && is_environment(&redirect.target.value));
    let named = place.invocation.arguments().iter().any(|word| is_environment(&word.value));
    let edits = match place.program() {
        "sed" | "perl" => {
            place.invocation.arguments().iter().any(|word| word.value.starts_with("-i") || word.value == "--in-place")
        }
        "nano" | "vi" | "vim" | "emacs" | "tee" | "cp" | "mv" | "code" => true,
        _ => false,
    };
    redirected || named && edits || place.program() == "export" && exports(place)
}

/// Whether a variable is set that the containers may read, not one for the tools of the shell.
fn exports(place: &Place<'_, '_>) -> bool {
    let tools = ["AWS_", "KUBE", "COMPOSE_", "DOCKER_", "PATH="];
    let set = |value: &str| value.contains('=') && !tools.iter().any(|start| value.starts_with(start));
    place.invocation.arguments().iter().any(|word| set(&word.value))
}

fn is_environment(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name == ".env"
        || name.starts_with(".env.")
        || name.ends_with(".env")
        || matches!(name, "docker-compose.yml" | "docker-compose.yaml" | "compose.yml" | "compose.yaml")
}

/// Whether prose tells to edit the file: "Edit .env".
fn is_edited(prose: &str) -> bool {
    let lower = prose.to_lowercase();
    lower.contains(".env")
        && ["edit", "update", "change", "set ", "modify", "add "].iter().any(|verb| lower.contains(verb))
}
