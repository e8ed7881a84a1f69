//! The log on disk, and the measurements beside it, under SQLite and PostgreSQL: one contract, one set of tests.
//!
//! - The log is append-only and hash-chained; an append names the position that it was decided on, and is on disk before it answers.
//! - Measurements (samples, output) live apart from the log and never hold up its writer.
//! - Time is an argument everywhere; nothing here reads a clock.
//! - The SQL text is shared wherever both databases understand it; what differs is in `sqlite.rs` and `postgres.rs`.
//!
//! Deliberately absent: what the events mean, and any change to or deletion of one.

mod append;
mod blob;
mod block;
mod chain;
mod database;
mod export;
mod import;
mod lease;
mod location;
mod lock;
mod open;
mod outage;
mod postgres;
mod read;
mod rollup;
mod sample;
mod schema;
mod snapshot;
mod spool;
mod sqlite;
mod store;
mod tail;
mod verify;

pub use append::AppendError;
pub use blob::BlobError;
pub use chain::{BadHead, Head};
pub use export::ExportError;
pub use import::ImportError;
pub use lease::Lease;
pub use location::Location;
pub use open::OpenError;
pub use outage::{Outage, Unavailable};
pub use read::{Opening, ReadError};
pub use rollup::{Resolution, RetentionPolicy, Rollup};
pub use snapshot::Snapshot;
pub use spool::Spool;
pub use store::Store;
pub use verify::VerifyError;
