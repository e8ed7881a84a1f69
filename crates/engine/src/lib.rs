//! The only loop: command → decide → append → fold → due → driver → outcome → command.
//!
//! Recovery after a crash and normal operation are the same code: the loop starts from the log and performs what is
//! due. Three things are replaceable in tests: the log (`Location::Memory`), the drivers and the clock. Deliberately
//! absent: any business `if`; what is decided is decided in `allclear-core`.

mod boot;
mod clock;
mod drivers;
mod engine;
mod handle;
mod output;
mod performing;
mod recorder;
mod runtime;
mod sealed;
mod shortcut;
mod state_recorder;

pub use boot::StartError;
pub use clock::{Clock, SystemClock};
pub use drivers::{Drivers, Performed};
pub use engine::{Engine, Options};
pub use handle::{Accepted, Handle, SubmitError};
pub use output::{OutputChunk, OutputSink};
pub use runtime::runtime;
pub use state_recorder::StateRecorder;
