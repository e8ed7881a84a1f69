//! All rules, by family.

mod allow;
mod cloud;
mod document;
mod kubernetes;
mod postgres;
mod redis;
mod shell;

use crate::lint::Rule;

pub(super) use allow::report_unused;

/// All rules by family, in the order of their codes.
pub const RULES: &[&[&Rule]] =
    &[postgres::RULES, redis::RULES, kubernetes::RULES, shell::RULES, cloud::RULES, document::RULES, allow::RULES];
