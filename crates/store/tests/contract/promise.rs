//! The promises, each on an empty store.

mod log;
mod measurement;
mod proof;
mod standing;

pub(crate) use log::*;
pub(crate) use measurement::*;
pub(crate) use proof::*;
pub(crate) use standing::*;
