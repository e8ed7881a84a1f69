//! PG23: the files of a server removed without a look at which server it is.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Place, Report, Rule};

use super::restore::said_before;

pub(super) const RULE: Rule = Rule {
    code: "PG23",
    name: "data-directory-removed",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/PG23.md"),
    check,
};

/// Where packages and images keep the data.
const DIRECTORIES: &[&str] = &[
    "/var/lib/postgresql",
    "/var/lib/pgsql",
    "$PGDATA",
    "${PGDATA}",
    "/pgdata",
    "/data/postgres",
    "/var/lib/postgres/",
    "/opt/postgres",
    "/usr/local/pgsql",
    "/bitnami/postgresql",
    "/data/pgsql",
];

/// What tells which server this is, or keeps its files.
const LOOKED: &[&str] = &[
    "pg_is_in_recovery",
    "hostname",
    "pg_controldata",
    "patronictl list",
    "repmgr cluster show",
    "uname -n",
    "pg_stat_replication",
    "standby.signal",
    "pg_stat_wal_receiver",
    " mv ",
    "\nmv ",
    "cp -a",
    "cp -r",
    "rsync",
    "tar ",
    "pg_basebackup -",
];

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        for place in scope.invocations().filter(removes_data) {
            let before = said_before(document, scope, place.entry);
            let within = place.entry.command.text.get(..place.invocation.span.start).unwrap_or_default();
            if LOOKED.iter().any(|word| before.contains(word) || within.contains(word)) {
                continue;
            }
            report.at(
                place.span(),
                "on the wrong host this removes the primary's data, and no step asks which server it is",
                "ask before: `psql -Atc 'SELECT pg_is_in_recovery()'` has to say `t`; then `mv` the directory instead of removing it",
            );
        }
    }
}

fn removes_data(place: &Place<'_, '_>) -> bool {
    if place.program() != "rm" {
        return false;
    }
    let call = place.call();
    let recursive = call.has(&["-r", "-R", "--recursive"]);
    let data = |path: &str| {
        let parts = ["pg_wal/archive", "/log", "pg_log", "postmaster.pid", ".conf", "/tmp"];
        DIRECTORIES.iter().any(|known| path.starts_with(known)) && !parts.iter().any(|part| path.contains(part))
    };
    recursive && call.operands.iter().any(|word| data(&word.value))
}
