//! What is reached over HTTP: the API, the console, the status page, metrics.
//!
//! Invariants: everything but the status page, the health probes and the sign-in needs a token or a session;
//! nothing is decided here, every change is a command submitted to the engine; every page is complete without
//! JavaScript. Deliberately absent: TLS (a reverse proxy ends it) and any state of the domain.

mod auth;
mod extract;
mod follow;
mod metrics;
mod problem;
mod redaction;
mod router;
mod routes;
mod serve;
mod site;
mod status;
mod views;

pub use auth::{Auth, AuthError};
pub use router::{local_router, openapi, router};
pub use serve::{serve, serve_local};
pub use site::Site;
