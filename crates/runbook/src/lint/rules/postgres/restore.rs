//! Dumps on their way into a database, as the rules about restores see them. No rule of its own.

use crate::lint::{Document, Entry, Place, Scope};
use crate::syntax::bash::{Invocation, RedirectKind};
use crate::syntax::call::Call;

/// One command that fills a database from a file or a stream.
#[derive(Debug)]
pub(super) struct Restore<'d, 'a> {
    /// The `psql` or `pg_restore`.
    pub(super) place: Place<'d, 'a>,
    pub(super) tool: Tool,
    /// The file or stream, as written; empty where nothing names it.
    pub(super) source: String,
    /// The database, as written.
    pub(super) target: Option<String>,
    /// Whether what comes is a dump rather than any script.
    pub(super) dump: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    Psql,
    PgRestore,
}

/// All restores of a scope, in order.
pub(super) fn restores<'d, 'a>(scope: &'d Scope<'a>) -> impl Iterator<Item = Restore<'d, 'a>> {
    scope.invocations().filter_map(restore)
}

fn restore<'d, 'a>(place: Place<'d, 'a>) -> Option<Restore<'d, 'a>> {
    let call = place.call();
    match place.program() {
        "psql" => into_psql(place, call),
        "pg_restore" => {
            let target = call.value(&["-d", "--dbname"]).map(database)?;
            let listing = call.has(&["-l", "--list", "-f", "--file"]);
            let source = call.operands.last().map_or_else(String::new, |word| word.value.clone());
            (!listing).then_some(Restore { place, tool: Tool::PgRestore, source, target: Some(target), dump: true })
        }
        _ => None,
    }
}

fn into_psql<'d, 'a>(place: Place<'d, 'a>, call: &Call<'_>) -> Option<Restore<'d, 'a>> {
    let (source, streamed) = fed_from(&place, call)?;
    let lower = source.to_ascii_lowercase();
    let named = ["dump", "backup", "bak", "restore", "snapshot", ".sql.gz", ".sql.zst", ".sql.xz", ".sql.bz2"];
    let dump = streamed || named.iter().any(|word| lower.contains(word));
    let target = target(call);
    Some(Restore { place, tool: Tool::Psql, source, target, dump })
}

/// The database that `psql` connects to, if the command says so.
pub(super) fn target(call: &Call<'_>) -> Option<String> {
    let named = call.value(&["-d", "--dbname"]);
    named.or_else(|| call.operands.first().map(|word| word.value.as_str())).map(database)
}

/// The name in `postgres://host/name` and `dbname=name`; anything else is the name itself.
fn database(given: &str) -> String {
    if let Some((_, rest)) = given.split_once("://") {
        let path = rest.split_once('/').map_or("", |(_, path)| path);
        return path.split('?').next().unwrap_or_default().to_owned();
    }
    let field = given.split_whitespace().find_map(|field| field.strip_prefix("dbname="));
    field.unwrap_or(given).to_owned()
}

/// What feeds the `psql`, and whether it comes out of a program that unpacks, fetches or dumps.
fn fed_from(place: &Place<'_, '_>, call: &Call<'_>) -> Option<(String, bool)> {
    if let Some(file) = call.value(&["-f", "--file"]).filter(|file| *file != "-") {
        return Some((file.to_owned(), false));
    }
    let script = &place.entry.script;
    let outer = std::iter::once(place.invocation).chain(script.wrappers(place.index));
    for invocation in outer {
        let read = invocation.redirects.iter().find(|redirect| redirect.kind == RedirectKind::Read);
        if let Some(read) = read {
            return Some((read.target.value.clone(), false));
        }
        let upstream: Vec<&Invocation> =
            script.pipeline(invocation.pipeline).filter(|stage| stage.stage < invocation.stage).collect();
        if !upstream.is_empty() {
            let source = upstream.iter().find_map(|stage| file_of(stage)).unwrap_or_default();
            let streamed = upstream.iter().any(|stage| unpacks(stage));
            return (streamed || looks_like_sql_file(&source)).then_some((source, streamed));
        }
    }
    None
}

/// The file that a stage reads.
fn file_of(stage: &Invocation) -> Option<String> {
    let read = stage.redirects.iter().find(|redirect| redirect.kind == RedirectKind::Read);
    let words = stage.arguments().iter().map(|word| &word.value);
    read.map(|redirect| &redirect.target.value)
        .or_else(|| words.rev().find(|word| word.contains(['.', '/']) && !word.starts_with('-')))
        .cloned()
}

fn looks_like_sql_file(name: &str) -> bool {
    [".sql", ".dump", ".pgdump"].iter().any(|ending| name.ends_with(ending))
}

fn unpacks(stage: &Invocation) -> bool {
    let has = |flag: &str| stage.arguments().iter().any(|word| word.value.starts_with(flag));
    match stage.program() {
        "gunzip" | "zcat" | "bzcat" | "xzcat" | "zstdcat" | "lz4cat" | "bunzip2" | "unxz" | "unzstd" | "pg_dump"
        | "pg_dumpall" | "pg_restore" => true,
        "gzip" | "pigz" | "bzip2" | "xz" | "zstd" | "lz4" => has("-d") || has("-cd") || has("--decompress"),
        "aws" => has("cp"),
        _ => false,
    }
}

/// Whether a name says that the database is not the live one.
pub(super) fn is_copy(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let marks =
        ["restor", "test", "tmp", "temp", "verif", "scratch", "drill", "check", "copy", "staging", "new", "clone"];
    marks.iter().any(|mark| name.contains(mark))
}

/// The text of the procedure up to the command, in lower case.
pub(super) fn said_before<'d>(document: &'d Document<'_>, scope: &Scope<'_>, entry: &Entry<'_>) -> &'d str {
    let start = scope.procedure.map_or(0, |procedure| procedure.span.start);
    document.lower.get(start..entry.command.span.start).unwrap_or_default()
}

/// The text of the procedure behind the command, in lower case.
pub(super) fn said_behind<'d>(document: &'d Document<'_>, scope: &Scope<'_>, entry: &Entry<'_>) -> &'d str {
    let end = scope.procedure.map_or(document.lower.len(), |procedure| procedure.span.end);
    document.lower.get(entry.command.span.end..end).unwrap_or_default()
}

/// The whole text of the procedure, or of the document for commands outside any, in lower case.
pub(super) fn said<'d>(document: &'d Document<'_>, scope: &Scope<'_>) -> &'d str {
    scope.procedure.map_or(document.lower.as_str(), |procedure| procedure.span.slice(&document.lower))
}
