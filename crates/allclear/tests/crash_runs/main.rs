//! A procedure of thirteen steps through every executor, killed with SIGKILL again and again, and gone on with by a
//! person who looks before saying what happened. Whatever was performed is counted at the servers that received it.
//!
//! `cargo xtask crash 1000` performs a thousand runs; the suite a few. A seed alone says when a run is killed, and is
//! printed with a failure: `cargo xtask crash 1 --seed N` shows it again.

#![allow(clippy::print_stdout, reason = "the table is for a person to read")]

#[path = "../support/mod.rs"]
mod support;

mod chance;
mod cluster;
mod estate;
mod kills;
mod person;
mod procedure;
mod recorder;
mod table;
mod trap;
mod verdict;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use estate::Estate;
use kills::Kills;
use person::Person;
use support::{code, said};
use table::Table;
use verdict::Story;

/// Runs at the same time, each on servers of its own.
const LANES: u64 = 3;
/// Runs of the suite.
const USUAL_RUNS: u64 = 12;

#[test]
fn nothing_is_performed_twice_or_lost_and_no_run_is_stuck_wherever_it_is_killed() {
    let runs = number("ALLCLEAR_CRASH_RUNS").unwrap_or(USUAL_RUNS);
    let first = number("ALLCLEAR_CRASH_SEED").unwrap_or(0);
    let next = AtomicU64::new(first);
    let began = Instant::now();
    let mut table = Table::default();
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES.min(runs)).map(|_| scope.spawn(|| lane(&next, first + runs))).collect();
        for lane in lanes {
            table.add(lane.join().expect("a lane ends"));
        }
    });
    if table.runs == 0 {
        return; // The estate lacks a server, which has been said.
    }
    table.print(began.elapsed());
    assert!(table.failures.is_empty(), "{}", table.failures.join("\n"));
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Takes one seed after the other.
fn lane(next: &AtomicU64, end: u64) -> Table {
    let mut table = Table::default();
    let Some(estate) = Estate::start() else { return table };
    loop {
        let seed = next.fetch_add(1, Ordering::SeqCst);
        if seed >= end {
            return table;
        }
        table.add(one(&estate, seed));
        if seed % 50 == 49 {
            println!("seed {seed}");
        }
    }
}

/// One run from its beginning to its end, or to the end of its undo.
fn one(estate: &Estate, seed: u64) -> Table {
    let data = format!("data-{seed}");
    estate.reset(seed);
    let mut table = Table { runs: 1, ..Table::default() };
    let mut person = Person::new(estate, &data);
    let gone_through = catch_unwind(AssertUnwindSafe(|| go_through(estate, seed, &mut person, &mut table)));
    let mut wrong = match gone_through.unwrap_or_else(|_| Err("a panic, told above".to_owned())) {
        Ok(wrong) => wrong,
        Err(sentence) => {
            table.stuck += 1;
            vec![sentence]
        }
    };
    let verified = estate.place.run(&["log", "verify", "--data-dir", &data]);
    if code(&verified) != 0 {
        wrong.push(format!("the chain does not verify: {}", said(&verified)));
    }
    table.spared = person.spared;
    for (executor, kills) in &person.killed {
        match executor {
            Some(executor) => table.tallies.entry(*executor).or_default().killed += kills,
            None => table.between += kills,
        }
    }
    if wrong.is_empty() {
        // What is wrong is looked at; what is right only takes room.
        let _ = std::fs::remove_dir_all(estate.place.path(&data));
        let _ = std::fs::remove_file(person.said());
    } else {
        let told = std::fs::read_to_string(person.said()).unwrap_or_default();
        let last: String = told.chars().rev().take(1500).collect::<Vec<_>>().into_iter().rev().collect();
        table.failures.push(format!("seed {seed}: {}\n--- it said:\n{last}", wrong.join("; ")));
    }
    table
}

fn go_through(estate: &Estate, seed: u64, person: &mut Person<'_>, table: &mut Table) -> Result<Vec<String>, String> {
    let Kills { of_run, of_undo } = Kills::of(seed);
    let run = person.perform(of_run)?;
    let mut wrong = verdict::effects(estate, &mut table.tallies);
    let undo = match of_undo {
        Some(kills) => {
            let undo = person.undo(run, kills)?;
            table.undone += 1;
            wrong.extend(estate.not_put_back().iter().map(|title| format!("`{title}` was not put back")));
            Some(undo)
        }
        None => None,
    };
    estate.wait_until_quiet();
    let events = person.log.events();
    for run in [Some(run), undo].into_iter().flatten() {
        let story = Story::of(run, &events, &mut table.tallies).ok_or("the run is not in the log")?;
        wrong.extend(story.wrong(&mut table.tallies));
    }
    Ok(wrong)
}
