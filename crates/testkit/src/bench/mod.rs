//! What benchmarks share: figures beside those of a peer, programs under measurement, the price of one fsync.
//!
//! A figure never stands alone: machines are noisy, so whatever ours is compared with is measured in the same run, in
//! turns. Deliberately absent: a limit in absolute numbers, and a failing exit code: benchmarks are read, not obeyed.

mod disk;
mod figure;
mod process;

pub use disk::{bench_folder, fsync_ms};
pub use figure::{Comparison, Goal, Series};
pub use process::{Program, allclear_program, cpu_seconds, machine, peak_resident_mib, resident_mib};
