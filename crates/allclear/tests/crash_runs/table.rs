//! The table of many runs.

use std::time::Duration;

use super::procedure::Executor;
use super::verdict::{Tallies, Tally};

/// What many runs came to.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) runs: u64,
    pub(crate) undone: u64,
    pub(crate) stuck: u64,
    /// Kills that hit no step under way.
    pub(crate) between: u64,
    /// Shells killed and connections cut.
    pub(crate) spared: u64,
    pub(crate) tallies: Tallies,
    /// What went wrong, each with the seed that shows it again.
    pub(crate) failures: Vec<String>,
}

impl Table {
    pub(crate) fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.undone += other.undone;
        self.stuck += other.stuck;
        self.between += other.between;
        self.spared += other.spared;
        for (executor, tally) in other.tallies {
            self.tallies.entry(executor).or_default().add(tally);
        }
        self.failures.extend(other.failures);
    }

    pub(crate) fn print(&self, took: Duration) {
        let mut all = Tally::default();
        println!("\n| executor | performed | killed | in doubt | settled | repeated | twice | lost |");
        println!("|---|---|---|---|---|---|---|---|");
        for executor in Executor::ALL {
            match self.tallies.get(&executor).copied() {
                // Only a cluster of its own could tell what it received.
                None if executor == Executor::Yaml => {
                    println!("| {} | no cluster: done by hand | | | | | | |", executor.word());
                }
                tally => {
                    all.add(tally.unwrap_or_default());
                    print_row(executor.word(), tally.unwrap_or_default());
                }
            }
        }
        print_row("all", all);
        let each = took.as_secs_f64() / (self.runs.max(1) as f64);
        println!(
            "\n{} runs, {} of them undone; {} kills in steps and {} between, \
             {} shells killed or connections cut; {} stuck; {:.0} s, {each:.2} s a run",
            self.runs,
            self.undone,
            all.killed,
            self.between,
            self.spared,
            self.stuck,
            took.as_secs_f64()
        );
    }
}

fn print_row(name: &str, tally: Tally) {
    let Tally { performed, killed, in_doubt, settled, repeated, twice, lost } = tally;
    println!("| {name} | {performed} | {killed} | {in_doubt} | {settled} | {repeated} | {twice} | {lost} |");
}
