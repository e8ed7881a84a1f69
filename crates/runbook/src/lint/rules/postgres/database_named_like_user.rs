//! PG15: without a database, `psql` connects to the one that is named like the user.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Place, Report, Rule};

use super::restore::target;

pub(super) const RULE: Rule = Rule {
    code: "PG15",
    name: "database-named-like-user",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/PG15.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    if ["PGDATABASE", "PGSERVICE", ".pg_service"].iter().any(|name| document.text.contains(name)) {
        return;
    }
    for scope in &document.scopes {
        let unnamed = scope.invocations().filter(|place| place.program() == "psql");
        // Said once per procedure.
        let Some(place) = unnamed.filter(|place| !place.is_elsewhere()).find(|place| connects_by_default(place)) else {
            continue;
        };
        report.at(
            place.span(),
            "without a database, `psql` connects to one that is named like the user: it fails, or is another one",
            "name it: `psql -d NAME …` (for commands about databases themselves: `-d postgres`)",
        );
    }
}

fn connects_by_default(place: &Place<'_, '_>) -> bool {
    let call = place.call();
    let named = target(call).is_some() || call.has(&["-l", "--list", "-V", "--version", "-?", "--help"]);
    let works = call.has(&["-c", "--command", "-f", "--file"]) || place.invocation.fed;
    let user = call.value(&["-U", "--username"]);
    let assigned = place.invocation.assignments.iter().any(|assignment| assignment.name.starts_with("PG"));
    // As the user postgres there is a database of that name.
    let as_postgres = place
        .entry
        .script
        .wrappers(place.index)
        .any(|outer| outer.words.iter().any(|word| word.value.contains("postgres")));
    works && !named && !assigned && !as_postgres && user.is_none_or(|user| user != "postgres" && is_plain(user))
}

fn is_plain(user: &str) -> bool {
    user.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}
