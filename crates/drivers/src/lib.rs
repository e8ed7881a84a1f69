//! The light edges of Allclear: probing over HTTP, sending messages, performing the steps of a runbook in a shell.
//!
//! A driver performs one effect and answers what came of it; it decides nothing, keeps no state that a restart would
//! miss, and never lets a secret into an answer, an error or a line of output. Deliberately absent: the engine, the
//! log, retries. Whoever asks again decides when.

mod http;
mod kubernetes;
mod notify;
mod perform;
mod probe;
mod redact;
mod seal;
mod secret;
mod shell;
mod sql;
mod trust;

pub use notify::{Notifier, NotifierError};
pub use perform::{Performed, Sessions, StateFound};
pub use probe::http::probe as probe_http;
pub use redact::{IgnoredValue, RedactedStream, Redactor};
pub use seal::{CaptureKey, Origin, SealError};
pub use secret::{SecretError, SecretText, resolve as resolve_secret};
pub use trust::{TrustError, TrustStore};

/// How Allclear introduces itself to the servers that it talks to.
const USER_AGENT: &str = concat!("allclear/", env!("CARGO_PKG_VERSION"));
