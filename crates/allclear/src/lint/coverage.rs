//! `allclear lint --coverage`: what is watched, and which procedure says what to do about it.

use std::path::{Path, PathBuf};

use allclear_runbook::{Covered, Runbook, Watched, WatchedKind, alert_rules, coverage, scheduled_jobs};
use serde_json::{Value, json};

use super::files::{Source, files, rule_files};
use crate::config::{Loaded, load};
use crate::exit::{Exit, Failure};
use crate::print;
use crate::{Common, Format};

/// Reads everything, and prints what is covered and what is not; 1 where somebody would be woken without a procedure.
pub(crate) fn run(paths: &[PathBuf], common: &Common) -> anyhow::Result<Exit> {
    let mut watched = Vec::new();
    let mut runbooks = runbooks(&files(&markdown(paths))?)?;
    if let Some(loaded) = configuration(&common.config)? {
        of_configuration(&loaded, &common.config, &mut watched, &mut runbooks)?;
    }
    for source in rule_files(paths)? {
        match alert_rules(&source.shown(), &source.read()?) {
            Ok(alerts) => watched.extend(alerts),
            Err(why) => print::words(format!("{}: its alerts are not counted: {why}", source.shown())),
        }
    }
    watched.extend(scheduled_jobs(&runbooks));
    let covered = coverage(watched, &runbooks);
    let gaps = covered.iter().filter(|covered| covered.is_gap()).count();
    match common.format {
        Format::Json => print::line(serde_json::to_string_pretty(&document(&covered))?),
        Format::Human => table(&covered),
        Format::Sarif | Format::Github => {
            return Err(Failure::usage("`--coverage` prints `--format human` or `--format json`"));
        }
    }
    print::words(summary(&covered, gaps));
    Ok(if gaps > 0 { Exit::Problems } else { Exit::Ok })
}

/// The paths in which there may be runbooks.
fn markdown(paths: &[PathBuf]) -> Vec<PathBuf> {
    let is_rules = |path: &&PathBuf| path.extension().is_some_and(|it| it == "yml" || it == "yaml");
    paths.iter().filter(|path| !is_rules(path)).cloned().collect()
}

fn runbooks(files: &[Source]) -> anyhow::Result<Vec<Runbook>> {
    let mut found = Vec::new();
    for source in files {
        let (runbook, _) = allclear_runbook::parse(&source.shown(), &source.read()?);
        if !runbook.procedures.is_empty() || !runbook.scheduled_jobs.is_empty() {
            found.push(runbook);
        }
    }
    Ok(found)
}

/// The configuration, if there is one or one was asked for.
fn configuration(path: &Path) -> anyhow::Result<Option<Loaded>> {
    if path == Path::new("allclear.toml") && !path.exists() {
        return Ok(None);
    }
    let loaded =
        load(path).map_err(|report| Failure::usage(format!("the configuration cannot be used\n\n{report}")))?;
    Ok(Some(loaded))
}

/// The checks and jobs, and the runbook that they refer to, which goes first.
fn of_configuration(
    loaded: &Loaded,
    path: &Path,
    watched: &mut Vec<Watched>,
    runbooks: &mut Vec<Runbook>,
) -> anyhow::Result<()> {
    let policy = &loaded.config.policy;
    let one = |kind, name: &String, severity: &allclear_core::Severity, procedure: &Option<String>| Watched {
        kind,
        name: name.clone(),
        severity: Some(severity.to_string().to_lowercase()),
        path: path.display().to_string(),
        line: None,
        owner: None,
        procedure: procedure.clone(),
        runbook_url: None,
    };
    watched.extend(policy.checks.iter().map(|(name, it)| one(WatchedKind::Check, name, &it.severity, &it.procedure)));
    watched.extend(policy.jobs.iter().map(|(name, it)| one(WatchedKind::Job, name, &it.severity, &it.procedure)));
    if let Some(runbook) = &policy.runbook {
        let own = Source { path: PathBuf::from(&runbook.path), given: true };
        runbooks.retain(|other| other.path != own.shown());
        let (parsed, _) = allclear_runbook::parse(&own.shown(), &own.read()?);
        runbooks.insert(0, parsed);
    }
    Ok(())
}

fn document(covered: &[Covered<'_>]) -> Value {
    let one = |covered: &Covered<'_>| {
        let watched = &covered.watched;
        json!({
            "kind": watched.kind.word(),
            "name": watched.name,
            "severity": watched.severity,
            "path": watched.path,
            "line": watched.line,
            "procedure": covered.by.map(|(runbook, procedure, by)| json!({
                "path": runbook.path,
                "id": procedure.id,
                "title": procedure.title,
                "line": procedure.line,
                "found_by": by.word(),
            })),
            "owner": covered.owner(),
            "last_drill": null,
            "gap": covered.is_gap(),
        })
    };
    Value::Array(covered.iter().map(one).collect())
}

fn table(covered: &[Covered<'_>]) {
    let rows = covered.iter().map(|covered| {
        let watched = &covered.watched;
        let procedure = match covered.by {
            Some((runbook, procedure, _)) => format!("{} ({}:{})", procedure.title, runbook.path, procedure.line),
            None if covered.is_gap() => "NONE".to_owned(),
            None => "none".to_owned(),
        };
        let drill = if covered.by.is_some() { "never" } else { "" };
        [
            format!("{} {}", watched.kind.word(), watched.name),
            watched.severity.clone().unwrap_or_default(),
            procedure,
            covered.owner().unwrap_or_default().to_owned(),
            drill.to_owned(),
        ]
    });
    print::table(&["WATCHED", "SEVERITY", "PROCEDURE", "OWNER", "LAST DRILL"], rows);
}

fn summary(covered: &[Covered<'_>], gaps: usize) -> String {
    let with = covered.iter().filter(|covered| covered.by.is_some()).count();
    let woken = match gaps {
        0 => "nobody would be woken without a procedure".to_owned(),
        1 => "1 of them wakes somebody and has none".to_owned(),
        gaps => format!("{gaps} of them wake somebody and have none"),
    };
    match covered.len() {
        0 => "nothing is watched: no check, no job, no alert rule, no scheduled job".to_owned(),
        all => format!("{with} of {all} have a procedure; {woken}"),
    }
}
