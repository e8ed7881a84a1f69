//! The vocabulary, the folds and the decisions of Allclear: everything that can be said without touching the world.
//!
//! Deliberately absent: clock, environment, files, network, randomness, tokio. Time is an argument, ids come from the
//! position in the log, policy enters as an event.

mod digest;
mod plan;

pub use digest::Digest;
pub use plan::{EffectClass, Plan, PlannedCommand, PlannedStep, StepKind};
