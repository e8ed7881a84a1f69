//! PG17: a plain dump given to `pg_restore`, or one in the custom format to `psql`.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{Document, Report, Rule};

use super::restore::{Restore, Tool, restores};

pub(super) const RULE: Rule = Rule {
    code: "PG17",
    name: "wrong-restore-tool",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/PG17.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let dumps: Vec<(String, bool)> = document
        .invocations()
        .filter(|place| place.program() == "pg_dump")
        .filter_map(|place| {
            let call = place.call();
            let mut written = place.invocation.redirects.iter().map(|redirect| redirect.target.value.as_str());
            let file = call.value(&["-f", "--file"]).or_else(|| written.next_back())?;
            let format = call.value(&["-F", "--format"]).unwrap_or("p");
            Some((base(file).to_owned(), format.starts_with(['c', 'd', 't'])))
        })
        .collect();
    for restore in document.scopes.iter().flat_map(restores) {
        let made = dumps.iter().find(|(file, _)| *file == base(&restore.source)).map(|(_, custom)| *custom);
        let Some((message, help)) = misfit(&restore, made, document.text) else { continue };
        report.at(restore.place.span(), message, help);
    }
}

/// What is wrong, where the document shows how the file was made or its name says so.
fn misfit(restore: &Restore<'_, '_>, custom: Option<bool>, text: &str) -> Option<(&'static str, &'static str)> {
    let formats = text.contains("-Fc") || text.contains("-F c") || text.contains("--format") || text.contains("-Fd");
    let named = [".sql", ".sql.gz"].iter().any(|ending| restore.source.ends_with(ending));
    let plain_by_name = named && !formats && !restore.source.contains(['$', '<', '{']);
    match restore.tool {
        Tool::PgRestore if custom == Some(false) || (custom.is_none() && plain_by_name) => Some((
            "`pg_restore` refuses a plain SQL dump: \"input file appears to be a text format dump\"",
            "feed it to `psql -v ON_ERROR_STOP=1`, or make the dump with `pg_dump -Fc`",
        )),
        Tool::Psql if custom == Some(true) => Some((
            "the dump is in a format of its own, which `psql` takes for broken SQL",
            "restore it with `pg_restore -d DATABASE FILE`",
        )),
        _ => None,
    }
}

/// The file without its folder.
fn base(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}
