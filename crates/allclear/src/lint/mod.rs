//! Linting many files: finding them, reading them on all cores, and saying what was found in each format.
//!
//! The rules are in the `runbook` crate and know no files; here is what surrounds them.

mod coverage;
mod files;
mod fix;
mod github;
mod human;
mod json;
mod neighbours;
mod place;
mod sarif;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use allclear_runbook::{Diagnostic, Finding, Runbook, Surroundings};

use crate::config::LintConfig;
use crate::print;

pub(crate) use coverage::run as coverage;
pub(crate) use files::{Source, files};
pub(crate) use fix::fix;
pub(crate) use github::github;
pub(crate) use human::{human, only_about_secrets, secret_values, summary};
pub(crate) use json::json;
pub(crate) use sarif::sarif;

/// One file with what was found in it.
#[derive(Debug)]
pub(crate) struct Checked {
    /// As it was given, with `/` between folders.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Whether there is anything in it to lint: a procedure, or a path given by itself.
    pub(crate) is_runbook: bool,
    pub(crate) findings: Vec<Finding>,
}

/// Lints every file; the order is that of the files.
pub(crate) fn check(files: &[Source], config: &LintConfig) -> anyhow::Result<Vec<Checked>> {
    let today = today();
    let checked = on_all_cores(files, |source| Ok(check_one(source, source.read()?, config, &today)));
    checked.into_iter().collect()
}

/// What the work makes of every item, in the order of the items.
fn on_all_cores<I: Sync, R: Send>(items: &[I], work: impl Fn(&I) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let one_after_another = || {
        let mut done = Vec::new();
        while let Some((index, item)) = take(items, &next) {
            done.push((index, work(item)));
        }
        done
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(one_after_another)).collect();
        let mut done = one_after_another();
        for other in others {
            done.append(&mut other.join().expect("linting does not panic"));
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, made)| made).collect()
}

/// The day, in UTC: reading the machine's time zone takes longer than linting a file.
pub(crate) fn today() -> String {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

fn take<'i, I>(items: &'i [I], next: &AtomicUsize) -> Option<(usize, &'i I)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    items.get(index).map(|item| (index, item))
}

fn check_one(source: &Source, text: String, config: &LintConfig, today: &str) -> Checked {
    let path = source.shown();
    if is_binary(&text) {
        print::words(format!("{path}: not a text, passed over"));
        return Checked { path, text: String::new(), is_runbook: false, findings: Vec::new() };
    }
    let (runbook, diagnostics) = read(&path, &text, config);
    let is_runbook = source.given || !runbook.procedures.is_empty();
    let findings = match is_runbook {
        true => examine(&source.path, &runbook, &text, &diagnostics, config, today),
        false => Vec::new(),
    };
    Checked { path, text, is_runbook, findings }
}

/// Whether it is no text: nothing that people write holds a zero byte, and nobody wants to see such a file's lines.
fn is_binary(text: &str) -> bool {
    text.bytes().take(8_000).any(|byte| byte == 0)
}

/// Understands a text, as far as effects go with what the team taught.
pub(crate) fn read(path: &str, text: &str, config: &LintConfig) -> (Runbook, Vec<Diagnostic>) {
    let (mut runbook, diagnostics) = allclear_runbook::parse(path, text);
    allclear_runbook::reclassify(&mut runbook, &config.catalogue);
    (runbook, diagnostics)
}

/// Lints one text that stands, or is going to stand, at a path.
pub(crate) fn examine(
    path: &Path,
    runbook: &Runbook,
    text: &str,
    diagnostics: &[Diagnostic],
    config: &LintConfig,
    today: &str,
) -> Vec<Finding> {
    let neighbours = neighbours::Neighbours::of(path);
    let look = |asked: &str| neighbours.look(asked);
    let read = |asked: &str| neighbours.read(asked);
    let surroundings = Surroundings { today: Some(today.to_owned()), look: Some(&look), read: Some(&read) };
    allclear_runbook::lint(runbook, text, diagnostics, &surroundings, &config.settings)
}
