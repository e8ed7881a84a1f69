//! What every state makes of every event: the nouns' `next` functions tried pair by pair.
//!
//! `docs/reference/transitions.md` is generated here, so it cannot differ from the code; `every_event` does not compile
//! when a variant of `Event` is added without a sample.

mod every_event;
mod totality;

use std::fmt::Write as _;

use self::every_event::{every_event, every_shape};
use crate::check::{self, CheckState};
use crate::event::{Event, JobOutcome};
use crate::incident::{self, Stage};
use crate::job::{self, JobState};
use crate::page::{self, PageState};
use crate::record::{Actor, Cause, Recorded};
use crate::review::{self, ReviewState};
use crate::run::{self, StepState};

/// What the state of that index makes of an event.
type Next = Box<dyn Fn(usize, &Event) -> Option<String>>;

/// One noun's table: its states by name, and what each makes of an event.
struct Table {
    noun: &'static str,
    prose: &'static str,
    states: Vec<String>,
    next: Next,
}

fn table<S: Copy + 'static>(
    noun: &'static str,
    prose: &'static str,
    states: Vec<(S, &'static str)>,
    next: fn(S, &Event) -> Option<S>,
    word: fn(S) -> &'static str,
) -> Table {
    let names = states.iter().map(|(_, name)| (*name).to_owned()).collect();
    let next = move |state: usize, event: &Event| next(states[state].0, event).map(|state| word(state).to_owned());
    Table { noun, prose, states: names, next: Box::new(next) }
}

fn named<S: Copy, const N: usize>(states: [S; N], word: fn(S) -> &'static str) -> Vec<(S, &'static str)> {
    states.into_iter().map(|state| (state, word(state))).collect()
}

fn job_word(state: JobState) -> &'static str {
    match state {
        JobState::OnTime => "on-time",
        JobState::Missed => "missed",
        JobState::Failed => "failed",
    }
}

fn page_word(state: PageState) -> &'static str {
    match state {
        PageState::Paging => "paging",
        PageState::Exhausted => "exhausted",
        PageState::Acknowledged => "acknowledged",
    }
}

fn review_word(state: ReviewState) -> &'static str {
    match state {
        ReviewState::Owed => "owed",
        ReviewState::Overdue => "overdue",
    }
}

fn tables() -> Vec<Table> {
    use CheckState::{Failing, Faltering, Passing, Recovering, Unknown};
    use StepState::{Approved, Failed, InDoubt, Pending, Skipped, Started, Succeeded, Undone, Waiting};
    let checks = [Unknown, Passing, Faltering { failures: 1 }, Failing, Recovering { passes: 1 }];
    let steps = [Pending, Waiting, Approved, Started, Succeeded, Failed, InDoubt, Skipped, Undone];
    let jobs = [JobState::OnTime, JobState::Missed, JobState::Failed];
    let pages = [PageState::Paging, PageState::Exhausted, PageState::Acknowledged];
    let reviews = [ReviewState::Owed, ReviewState::Overdue];
    vec![
        table(
            "check",
            "Begins as unknown when a policy names it, and is gone with the policy that does not. Only a change of \
             state is an event: a probe that passes a passing check appends nothing.",
            named(checks, CheckState::word),
            check::next,
            CheckState::word,
        ),
        table(
            "job",
            "Begins on time when a policy names it, and is gone with the policy that does not. It is missed once, \
             when its deadline and its grace have passed.",
            named(jobs, job_word),
            job::next,
            job_word,
        ),
        table(
            "incident",
            "Begins open with `IncidentOpened`, and leaves the world with `IncidentClosed`. The stage is the furthest \
             that was reached: work may skip ahead, never back.",
            named(Stage::ALL, Stage::word),
            incident::next,
            Stage::word,
        ),
        table(
            "step of a run",
            "Begins pending with `RunPlanned` or `UndoStarted`, and leaves the world with `RunFinished` or `RunAborted`. \
             What was before is captured before a step is started, and a step is started before it is performed; one \
             that is interrupted is in doubt until it is settled. What another run puts back is undone.",
            named(steps, StepState::word),
            run::next,
            StepState::word,
        ),
        table(
            "page",
            "Begins with `PageRequested`, and leaves the world with `PageEnded`.",
            named(pages, page_word),
            page::next,
            page_word,
        ),
        table(
            "review",
            "Begins owed with `ReviewOwed`, and leaves the world with `ReviewPublished`.",
            named(reviews, review_word),
            review::next,
            review_word,
        ),
    ]
}

/// The name of an event, with what else decides where two shapes of it lead to different states.
fn label(event: &Event) -> String {
    let name = event.name();
    match event {
        Event::JobReported { outcome: JobOutcome::Succeeded, .. } => format!("{name} (succeeded)"),
        Event::JobReported { outcome: JobOutcome::Failed, .. } => format!("{name} (failed)"),
        Event::IncidentUpdated { public: true, .. } => format!("{name} (public)"),
        Event::IncidentUpdated { public: false, .. } => format!("{name} (private)"),
        _ => name.to_owned(),
    }
}

fn markdown(tables: &[Table]) -> String {
    let mut text = "# State transitions\n\n\
        Generated by a test that tries every event in every state; `cargo xtask generate` rewrites it.\n\
        A row is an event, a column the state that it meets, a cell the state that follows. A dash is an event that \
        makes no sense there:\nnothing decides it, and one that is read from a log is kept as an anomaly. Events that \
        make no sense in any state of a noun\nare left out. A delivery has no states: it waits in the world until it \
        has succeeded or is abandoned.\n"
        .to_owned();
    for table in tables {
        let columns = table.states.join(" | ");
        let rule = " --- |".repeat(table.states.len() + 1);
        // Writing to a String cannot fail.
        let _ = write!(text, "\n## {}\n\n{}\n\n| event | {columns} |\n|{rule}\n", table.noun, table.prose);
        for event in every_shape() {
            let cells: Vec<_> = (0..table.states.len()).map(|state| (table.next)(state, &event)).collect();
            if cells.iter().any(Option::is_some) {
                let cells: Vec<String> = cells.into_iter().map(|cell| cell.unwrap_or_else(|| "–".to_owned())).collect();
                let _ = writeln!(text, "| {} | {} |", label(&event), cells.join(" | "));
            }
        }
    }
    text
}

#[test]
fn the_generated_tables_say_what_each_state_makes_of_each_event() {
    same_or_blessed("docs/reference/transitions.md", &markdown(&tables()));
}

#[test]
fn every_state_leads_on_but_the_last() {
    // Where nothing leads on: the noun ends with an event that removes it.
    let ends =
        [("incident", "documented"), ("step of a run", "undone"), ("page", "acknowledged"), ("review", "overdue")];
    for table in tables() {
        for (state, name) in table.states.iter().enumerate() {
            let leads_on = |event| (table.next)(state, event).is_some_and(|next| next != *name);
            let is_end = ends.contains(&(table.noun, name));
            assert_ne!(every_shape().iter().any(leads_on), is_end, "{} {name}", table.noun);
        }
    }
}

#[test]
fn the_generated_log_holds_every_event_as_it_is_stored() {
    let lines: Vec<String> = every_shape()
        .into_iter()
        .enumerate()
        .map(|(index, event)| serde_json::to_string(&recorded(index as u64 + 1, event)).unwrap())
        .collect();
    same_or_blessed("crates/core/tests/logs/next.jsonl", &(lines.join("\n") + "\n"));
}

#[test]
fn every_event_is_read_back_as_it_was_written() {
    for event in every_shape() {
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event, "{text}");
        assert!(text.starts_with(&format!("{{\"type\":\"{}\"", event.name())), "{text}");
    }
}

#[test]
fn every_event_is_sampled_once() {
    let names: std::collections::BTreeSet<&str> = every_event().iter().map(Event::name).collect();
    assert_eq!(names.len(), every_event().len());
    let known = include_str!("event_name.rs").matches("=> \"").count();
    assert_eq!(names.len(), known, "a variant is not reached from the one before it");
}

fn recorded(seq: u64, event: Event) -> Recorded {
    let cause = Cause { actor: Actor::Person("ana".into()), command: "sample".into() };
    let at = "2026-01-05T03:00:00Z".parse().unwrap();
    let (incident, run) = crate::about::about(&crate::world::World::default(), &event);
    Recorded { seq, at, cause, incident, run, event: std::sync::Arc::new(event) }
}

/// Compares a committed file with what it should hold, or rewrites it when `ALLCLEAR_BLESS` is set.
#[expect(clippy::disallowed_methods, reason = "a test compares a committed file; the crate itself touches none")]
fn same_or_blessed(path: &str, expected: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("ALLCLEAR_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, expected).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, expected, "{} is stale: `cargo xtask generate`", path.display());
}
