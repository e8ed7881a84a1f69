//! When the program is killed: a list of moments that follows from the seed alone.

use std::collections::VecDeque;
use std::time::Duration;

use super::chance::Chance;
use super::procedure::{Executor, ROWS};

/// About as many as a run that nobody disturbs appends, and as its undo does.
const EVENTS: u64 = 62;
/// Of a run before its first step.
const EVENTS_BEFORE: u64 = 4;
/// Of each step, from the request for approval to the outcome.
const EVENTS_OF_STEP: u64 = 4;
/// Has no divisor in common with `EVENTS`: so a few runs are spread over all events, too.
const STRIDE: u64 = 27;
/// A run that is killed more often tells nothing new.
const KILLS_MAX: u64 = 5;
/// Longer than a run takes from one event to the next.
const BETWEEN_EVENTS_MS: u64 = 12;
/// The same for a step that starts `kubectl` a few times.
const BETWEEN_SLOW_EVENTS_MS: u64 = 500;
/// What an undo sends to servers.
const UNDO_NEEDLES: [&str; 4] = ["DROP INDEX", "COMMIT", "SET", "settings?fieldManager=allclear"];

/// A moment in the life of one process. Events are counted from the beginning of the run, or of the undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// So long after so many events are on disk.
    Event { count: u64, then: Duration },
    /// When these bytes are on their way to a server.
    Arrival { needle: &'static str, side: Side },
    /// As soon as the effect of that step is seen.
    Seen(u32),
    /// As `Arrival`, but only the connection is cut.
    Cut { needle: &'static str, side: Side },
    /// As `Event`, but only the shell of the session is killed.
    Shell { count: u64, then: Duration },
}

/// On which side of a server's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The server never receives them.
    Before,
    /// The server has answered, and its answer never arrives.
    After,
}

/// The kills of a run and of its undo in the order in which they are due; each process takes the next.
pub(crate) struct Kills {
    pub(crate) of_run: VecDeque<Moment>,
    /// `None`: the run is not undone.
    pub(crate) of_undo: Option<VecDeque<Moment>>,
}

impl Kills {
    /// In every second run one kill is right after the event whose turn it is; every third run is undone.
    pub(crate) fn of(seed: u64) -> Self {
        let mut chance = Chance::of(seed);
        let of_run = moments(&mut chance, seed / 2, seed.is_multiple_of(2), in_run);
        let undone = seed.is_multiple_of(3);
        let of_undo = undone.then(|| moments(&mut chance, seed / 6, seed.is_multiple_of(2), in_undo));
        Self { of_run, of_undo }
    }
}

fn moments(chance: &mut Chance, turn: u64, in_turn: bool, draw: fn(&mut Chance, u64) -> Moment) -> VecDeque<Moment> {
    let more = chance.below(KILLS_MAX) + u64::from(!in_turn);
    let mut drawn: Vec<(u64, Moment)> = Vec::new();
    if in_turn {
        let count = turn * STRIDE % EVENTS + 1;
        drawn.push((count, Moment::Event { count, then: Duration::ZERO }));
    }
    for _ in 0..more {
        let count = chance.below(EVENTS) + 1;
        drawn.push((count, draw(chance, count)));
    }
    drawn.sort_by_key(|(count, _)| *count);
    drawn.into_iter().map(|(_, moment)| moment).collect()
}

/// Around the step that is under way when so many events are on disk.
fn in_run(chance: &mut Chance, count: u64) -> Moment {
    let place = usize::try_from(count.saturating_sub(EVENTS_BEFORE) / EVENTS_OF_STEP).unwrap_or_default();
    let place = place.min(ROWS.len() - 1);
    let row = &ROWS[place];
    let lasts = matches!(row.executor, Executor::Sql | Executor::Http | Executor::Yaml);
    let between = if row.executor == Executor::Yaml { BETWEEN_SLOW_EVENTS_MS } else { BETWEEN_EVENTS_MS };
    let needle = one_of(row.needles, chance);
    match (chance.below(10), needle) {
        (0..2, _) => Moment::Event { count, then: Duration::ZERO },
        (2..4, _) => Moment::Event { count, then: chance.millis_below(between) },
        (4, _) => Moment::Shell { count, then: chance.millis_below(between) },
        // Not for Redis: `redis-cli` connects anew and sends its command once more by itself.
        (5..7, Some(needle)) if lasts => Moment::Cut { needle, side: side(chance) },
        (_, Some(needle)) => Moment::Arrival { needle, side: side(chance) },
        (_, None) if row.executor == Executor::Files => Moment::Seen(place as u32 + 1),
        (_, None) => Moment::Event { count, then: chance.millis_below(between) },
    }
}

fn in_undo(chance: &mut Chance, count: u64) -> Moment {
    match (chance.below(10), one_of(&UNDO_NEEDLES, chance)) {
        (0..3, Some(needle)) => Moment::Arrival { needle, side: side(chance) },
        (3, _) => Moment::Shell { count, then: chance.millis_below(BETWEEN_EVENTS_MS) },
        _ => Moment::Event { count, then: chance.millis_below(BETWEEN_EVENTS_MS) },
    }
}

fn one_of(needles: &[&'static str], chance: &mut Chance) -> Option<&'static str> {
    let place = usize::try_from(chance.below(needles.len() as u64)).unwrap_or_default();
    needles.get(place).copied()
}

fn side(chance: &mut Chance) -> Side {
    if chance.below(2) == 0 { Side::Before } else { Side::After }
}

#[test]
fn a_seed_alone_says_when_a_run_is_killed() {
    let plans: Vec<_> = (0..200).map(|seed| Kills::of(seed).of_run).collect();
    assert_eq!(plans, (0..200).map(|seed| Kills::of(seed).of_run).collect::<Vec<_>>());
    let undone = (0..200).filter(|seed| Kills::of(*seed).of_undo.is_some()).count();
    assert_eq!(undone, 67, "a third is undone");
    let all: Vec<Moment> = plans.into_iter().flatten().collect();
    for count in 1..=EVENTS {
        assert!(all.contains(&Moment::Event { count, then: Duration::ZERO }), "no kill after event {count}");
    }
}
