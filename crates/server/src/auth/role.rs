//! What somebody who was let in may do.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a token allows; each role allows what the ones before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    /// Reads everything, changes nothing.
    Viewer,
    /// Works incidents and runs.
    Responder,
    /// Makes and revokes tokens.
    Admin,
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Viewer => "viewer",
            Self::Responder => "responder",
            Self::Admin => "admin",
        })
    }
}

/// How whoever asks was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) role: Role,
    /// Whether who it is was proved, by a token of their own or by the rights on the socket. The admin token proves
    /// that somebody may come in, and leaves to them who they say they are.
    pub(crate) proved: bool,
}
