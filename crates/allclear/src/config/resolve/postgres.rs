//! The database of a target: where its URL is, and how long statements may take.

use allclear_core::{SecretRef, SqlLimits};

use super::super::at::At;
use super::super::code::Code;
use super::super::file::TargetTable;
use super::super::problem::Problem;
use super::super::unit::{Pace, Reference};
use super::Pass;

/// PostgreSQL keeps its timeouts in an integer of 32 bits.
const LONGEST_MS: u64 = i32::MAX as u64;

impl Pass<'_> {
    /// A URL with a user and without a password is no secret; any other is looked at as one.
    pub(super) fn postgres(&mut self, url: &At<Reference>) -> SecretRef {
        let SecretRef::Plain(text) = &url.value.0 else { return self.reference(url, true, "postgres") };
        let Some(rest) = ["postgres://", "postgresql://"].iter().find_map(|scheme| text.strip_prefix(scheme)) else {
            self.report(
                Problem::error(Code::BadUrl, url.span.clone(), "this is not the URL of a PostgreSQL database")
                    .help("write \"env:NAME\" for the variable that holds it, or \"postgres://USER@HOST/DATABASE\""),
            );
            return url.value.0.clone();
        };
        let user = rest.split(['/', '?']).next().and_then(|authority| authority.rsplit_once('@'));
        let has_password = user.is_some_and(|(user, _)| user.contains(':')) || rest.contains("password=");
        if has_password { self.reference(url, true, "postgres") } else { url.value.0.clone() }
    }

    /// The limits that the table names, and the usual ones for the rest.
    pub(super) fn sql_limits(&mut self, table: &TargetTable) -> SqlLimits {
        let usual = SqlLimits::default();
        let observe = self.sql_limit(table.postgres_observe_timeout.as_ref(), "postgres_observe_timeout");
        let change = self.sql_limit(table.postgres_statement_timeout.as_ref(), "postgres_statement_timeout");
        let lock = self.sql_limit(table.postgres_lock_timeout.as_ref(), "postgres_lock_timeout");
        SqlLimits {
            observe_ms: observe.unwrap_or(usual.observe_ms),
            change_ms: change.unwrap_or(usual.change_ms),
            lock_ms: lock.unwrap_or(usual.lock_ms),
        }
    }

    fn sql_limit(&mut self, limit: Option<&At<Pace>>, key: &str) -> Option<u64> {
        let limit = limit?;
        let Some(milliseconds) = limit.value.0 else { return Some(0) };
        if !(1..=LONGEST_MS).contains(&milliseconds) {
            self.bad(
                &limit.span,
                format!("`{key}` is out of range"),
                "write a duration from \"1ms\" to \"24d\", or \"never\"",
            );
        }
        Some(milliseconds.min(LONGEST_MS))
    }
}
