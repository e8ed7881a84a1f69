//! Syntax trees of the languages inside a runbook, as far as rules and effects ask about them.
//!
//! Each language has one bounded entry: whatever the text, it returns, within time and stack that grow with its size.

pub(crate) mod bash;
pub(crate) mod call;
pub(crate) mod kubectl;
pub(crate) mod redis;
pub(crate) mod sql;
pub(crate) mod yaml;
