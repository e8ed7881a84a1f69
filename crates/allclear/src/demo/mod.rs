//! The demonstration: a small PrepChef that can be broken on purpose, watched by a real Allclear in the same process.
//!
//! Everything speaks HTTP over the loopback interface, as it would between machines. Invariant: the story never
//! believes itself; each stage is read back from the log or from the outside, so a restart on the same data directory
//! goes on where the log stands.

mod console;
mod diary;
mod pager;
mod ports;
pub(crate) mod prepchef;
mod props;
mod stand;
mod story;
mod visitor;

pub(crate) use stand::{Pace, Stand};
pub(crate) use story::play;
