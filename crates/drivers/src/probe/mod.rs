//! Probes: asking one check's question, once, and measuring the answer. One folder per kind of check.

pub(crate) mod http;
