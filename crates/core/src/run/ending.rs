//! Ending: a run that was aborted while a step of it was being performed.
//!
//! Invariants: what such a step came to is recorded although its run is over, and after a restart it is in doubt; until
//! then nothing that puts the run back is begun.

use crate::decide::Batch;
use crate::event::Event;
use crate::id::RunId;
use crate::run::Run;
use crate::world::World;

/// Keeps a run that is over for as long as a step of it is under way.
pub(super) fn keep(world: &mut World, run: Run) {
    if run.under_way().is_some() {
        world.ending.insert(run.id, run);
    } else {
        world.ending.remove(&run.id);
    }
}

/// Whoever performed them is gone.
pub(super) fn doubt(batch: &mut Batch) {
    let under_way = |run: &Run| run.under_way().map(|(step, attempt)| (run.id, step, attempt));
    let interrupted: Vec<(RunId, u32, u32)> = batch.world().ending.values().filter_map(under_way).collect();
    for (run, step, attempt) in interrupted {
        batch.push(Event::StepInDoubt { run, step, attempt });
    }
}
