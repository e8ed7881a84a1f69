//! K25: a pattern or variable that is meant for the inside of a container, replaced by the local shell.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::document::Place;
use crate::lint::rules::kubernetes::block::most;
use crate::lint::{Document, Report, Rule};
use crate::syntax::bash::{Word, Wrapper};

pub(super) const RULE: Rule = Rule {
    code: "K25",
    name: "expanded-too-early",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/K25.md"),
    check,
};

/// Beginnings of names that images set inside their containers.
const OF_CONTAINERS: &[&str] = &[
    "POSTGRES_",
    "MYSQL_",
    "MARIADB_",
    "REDIS_",
    "MONGO_",
    "MONGODB_",
    "RABBITMQ_",
    "ELASTIC_",
    "PGPASSWORD",
    "PGUSER",
    "PGDATA",
    "HOSTNAME",
    "JAVA_OPTS",
];

fn check(document: &Document<'_>, report: &mut Report) {
    let mut left = most(document);
    for place in document.invocations().filter(runs_inside) {
        for word in place.invocation.arguments() {
            let span = place.entry.place(word.span);
            if is_pattern(word) {
                report.at(
                    span,
                    "the shell on this side replaces the pattern by its own files; where it has none, the program inside gets the `*` itself",
                    "let a shell inside replace it: `-- sh -c 'ls /data/*'`",
                );
            } else if let Some(name) = variable(word).filter(|_| left > 0) {
                left -= 1;
                if is_set(document, name) {
                    continue;
                }
                report.at(
                    span,
                    format!("the shell on this side replaces `${name}`, which is set inside the container, by its own value or by nothing"),
                    "let a shell inside replace it: `-- sh -c '…'`, in single quotes",
                );
            }
        }
    }
}

/// Whether it is a program, or a shell's text, that runs in a container which a command here enters.
fn runs_inside(place: &Place<'_, '_>) -> bool {
    let script = &place.entry.script;
    let outer = place.invocation.via.and_then(|via| script.invocations.get(via));
    let enters = outer.is_some_and(|outer| {
        outer.wraps == Some(Wrapper::Container) && matches!(outer.program(), "kubectl" | "oc" | "docker" | "podman")
    });
    enters && script.error.is_none()
}

/// An absolute path with a star outside quotes.
fn is_pattern(word: &Word) -> bool {
    word.glob && word.value.starts_with('/') && !word.value.contains(['<', '{'])
}

/// The variable in `$NAME` or `${NAME}` where an image is known to set it.
fn variable(word: &Word) -> Option<&str> {
    if !word.expands {
        return None;
    }
    let mut rest = word.value.as_str();
    while let Some(at) = rest.find('$') {
        let escaped = rest[..at].ends_with('\\');
        rest = rest[at + 1..].trim_start_matches('{');
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if !escaped && OF_CONTAINERS.iter().any(|start| rest[..end].starts_with(start)) {
            return Some(&rest[..end]);
        }
        rest = &rest[end..];
    }
    None
}

/// Whether the runbook sets the variable on this side.
fn is_set(document: &Document<'_>, name: &str) -> bool {
    let (assigned, read) = (format!("{name}="), format!("read {name}"));
    let set = |text: &str| text.contains(&assigned) || text.contains(&read);
    document.entries().any(|entry| set(&entry.command.text)) && name != "HOSTNAME"
}
