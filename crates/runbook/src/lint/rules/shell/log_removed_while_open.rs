//! S25: a log that a process holds open keeps its space after `rm`.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::{Document, Report, Rule, Scope};

pub(super) const RULE: Rule = Rule {
    code: "S25",
    name: "log-removed-while-open",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S25.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        sequence(scope, report);
    }
}

/// Says it at every removed log behind which nothing makes the process open another one.
fn sequence(scope: &Scope<'_>, report: &mut Report) {
    let mut open = Vec::new();
    for place in scope.invocations().filter(|place| place.invocation.wraps.is_none()) {
        if reopens(&place) {
            open.clear();
        } else if place.program() == "rm" {
            open.extend(
                place
                    .call()
                    .operands
                    .iter()
                    .find(|word| is_current_log(&word.value))
                    .map(|word| place.entry.place(word.span)),
            );
        }
    }
    for span in open {
        report.at(
            span,
            "the process that writes this log keeps it open: no space is freed until it is restarted, and what it writes is lost",
            "empty it in place with `truncate -s 0 FILE`",
        );
    }
}

fn reopens(place: &Place<'_, '_>) -> bool {
    let call = place.call();
    match place.program() {
        "systemctl" | "service" | "docker" | "docker-compose" | "kubectl" | "supervisorctl" | "apachectl" => call
            .operands
            .iter()
            .any(|word| ["restart", "reload", "stop", "kill"].iter().any(|verb| word.value.contains(verb))),
        "kill" | "pkill" | "killall" | "logrotate" | "reboot" | "shutdown" => true,
        "nginx" => call.has(&["-s"]),
        _ => false,
    }
}

/// A log that is written to, not one that was rotated away.
fn is_current_log(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    path.starts_with("/var/log/") && (name.ends_with(".log") || matches!(name, "syslog" | "messages" | "catalina.out"))
}
