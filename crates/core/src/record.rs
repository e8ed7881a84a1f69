//! The envelope of an event: where it stands in the log, when, why, and what it is about.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::Event;
use crate::id::{IncidentId, RunId, Seq};

/// One event as it stands in the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// Position in the log, from 1, without gaps.
    pub seq: Seq,
    /// When it was decided.
    pub at: Timestamp,
    /// Who and what brought it about.
    pub cause: Cause,
    /// The incident that it belongs to, so that a closed incident can be read back without a full replay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// The run that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The fact.
    pub event: Arc<Event>,
}

/// Why a batch of events was appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Who asked.
    pub actor: Actor,
    /// Name of the command that was accepted, such as `acknowledge-incident`.
    pub command: Cow<'static, str>,
}

/// Who asks for a change. Written `person:ana`, `engine`, `source:alertmanager`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// Somebody, by name.
    Person(Arc<str>),
    /// Allclear itself: time, probes, deliveries, steps.
    Engine,
    /// Another system that reports to us, by name.
    Source(Arc<str>),
}

impl Actor {
    /// The name that a person reads.
    pub fn name(&self) -> &str {
        match self {
            Self::Person(name) | Self::Source(name) => name,
            Self::Engine => "allclear",
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(name) => write!(formatter, "person:{name}"),
            Self::Engine => formatter.write_str("engine"),
            Self::Source(name) => write!(formatter, "source:{name}"),
        }
    }
}

impl FromStr for Actor {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.split_once(':') {
            Some(("person", name)) => Self::Person(name.into()),
            Some((_, name)) => Self::Source(name.into()),
            None if text == "engine" => Self::Engine,
            None => Self::Source(text.into()),
        })
    }
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(text.parse().unwrap_or(Self::Engine))
    }
}
