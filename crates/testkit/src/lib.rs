//! For tests only: throw-away servers, and what stands in for the world.
//!
//! Servers are real, listen on the loopback interface only, and end with the test, also when it is killed.

mod bench;
mod browser;
mod canary;
mod component;
mod crash;
mod eventually;
mod free_port;
mod kubernetes;
mod lone_step;
mod postgres;
mod redis;
mod scripted;
mod simulator;
mod spec;
mod throwaway;
mod virtual_clock;
mod with_output;

pub use bench::{
    Comparison, Goal, Program, Series, allclear_program, bench_folder, cpu_seconds, fsync_ms, machine,
    peak_resident_mib, resident_mib,
};
pub use browser::Browser;
pub use canary::{Canary, Traces, canaries};
pub use component::{Component, component};
pub use crash::{Ended, KillAt, LogWatch, run_and_kill};
pub use eventually::eventually;
pub use free_port::free_port;
pub use kubernetes::{Controllers, Kubernetes, Proxy};
pub use lone_step::lone_step;
pub use postgres::Postgres;
pub use redis::Redis;
pub use scripted::{Asked, ScriptedDrivers};
pub use simulator::{
    Answer, CaptureScript, CaptureTaken, Faults, Health, Outside, Refused, Sent, Simulation, StepScript, StepTaken,
};
pub use spec::{SpecError, check as check_specs, executed as executed_spec};
pub use virtual_clock::VirtualClock;
pub use with_output::with_output;
