//! What a statement would lock: the query that shows the tables, their size, who is in the way now, and whether one may.

use serde::Deserialize;

/// A lock on a table, as PostgreSQL calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Lock {
    #[serde(rename = "ROW EXCLUSIVE")]
    RowExclusive,
    #[serde(rename = "SHARE UPDATE EXCLUSIVE")]
    ShareUpdateExclusive,
    #[serde(rename = "SHARE")]
    Share,
    #[serde(rename = "SHARE ROW EXCLUSIVE")]
    ShareRowExclusive,
    #[serde(rename = "EXCLUSIVE")]
    Exclusive,
    /// The planner of every query looks at every index of a table, and so waits for one that is rebuilt.
    #[serde(rename = "SHARE, AND ITS INDEX")]
    ShareAndIndex,
    #[serde(rename = "ACCESS EXCLUSIVE")]
    AccessExclusive,
}

/// From the weakest, as `pg_locks` calls them.
const MODES: [&str; 8] = [
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
];

impl Lock {
    /// What it is called, and what everybody else cannot do meanwhile.
    const fn words(self) -> &'static str {
        match self {
            Self::RowExclusive => "ROW EXCLUSIVE (rows it changes are locked)",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE (reads and writes go on)",
            Self::Share => "SHARE (writes wait)",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE (writes wait)",
            Self::Exclusive => "EXCLUSIVE (writes wait)",
            Self::ShareAndIndex => "SHARE, and ACCESS EXCLUSIVE on its index (reads and writes wait)",
            Self::AccessExclusive => "ACCESS EXCLUSIVE (reads and writes wait)",
        }
    }

    /// The locks that it has to wait for.
    fn conflicts(self) -> Vec<&'static str> {
        let [_, _, row, update, ..] = MODES;
        let from = |weakest: usize| MODES[weakest..].to_vec();
        match self {
            Self::RowExclusive => from(4),
            Self::ShareUpdateExclusive => from(3),
            Self::Share => [vec![row, update], from(5)].concat(),
            Self::ShareRowExclusive => from(2),
            Self::Exclusive => from(1),
            // Who reads the table has its indexes locked, too.
            Self::ShareAndIndex | Self::AccessExclusive => from(0),
        }
    }

    /// The query, for tables given as expressions of type `regclass`; `may` is an expression over `c`, a row of `pg_class`.
    pub(super) fn query(self, tables: &str, may: Option<&str>) -> String {
        let modes: Vec<String> = self.conflicts().iter().map(|mode| format!("'{mode}'")).collect();
        let may = may.map(|may| format!(", CASE WHEN {may} THEN 'yes' ELSE 'no' END AS \"you may\""));
        format!(
            "SELECT c.oid::regclass AS \"table\", coalesce(nullif(c.reltuples, -1)::bigint::text, 'unknown') AS \"rows, about\", \
             pg_size_pretty(pg_total_relation_size(c.oid)) AS size, '{}' AS lock, (SELECT count(*) FROM pg_locks l \
             WHERE l.locktype = 'relation' AND l.relation = c.oid AND l.granted AND l.pid <> pg_backend_pid() \
             AND l.mode IN ({})) AS \"waits now for\"{} FROM pg_class c WHERE c.oid IN ({tables})",
            self.words(),
            modes.join(", "),
            may.unwrap_or_default(),
        )
    }
}

#[test]
fn each_lock_waits_for_what_the_server_says_conflicts_with_it() {
    assert_eq!(Lock::AccessExclusive.conflicts().len(), 8);
    assert_eq!(Lock::RowExclusive.conflicts(), MODES[4..]);
    assert!(!Lock::Share.conflicts().contains(&"ShareLock") && Lock::Share.conflicts().len() == 5);
    assert_eq!(Lock::ShareRowExclusive.conflicts(), MODES[2..]);
}
