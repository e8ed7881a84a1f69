//! The tables, and how an older store becomes one of this version.
//!
//! Forward only; a store of a newer version is refused, never guessed at.

use crate::database::{Database, Exclusion, Transaction, within};

/// A set of tables that has a version of its own: each SQLite file holds one, a PostgreSQL database holds all.
#[derive(Debug)]
pub(crate) struct Schema {
    name: &'static str,
    sqlite: &'static [&'static str],
    postgres: &'static [&'static str],
}

/// Events, snapshots, lease.
pub(crate) const LOG: Schema = Schema {
    name: "log",
    sqlite: &[
        include_str!("../migrations/sqlite/log/0001_log.sql"),
        include_str!("../migrations/sqlite/log/0002_fewer_entries.sql"),
        include_str!("../migrations/sqlite/log/0003_undo_opens_a_run.sql"),
    ],
    postgres: &[
        include_str!("../migrations/postgres/log/0001_log.sql"),
        include_str!("../migrations/postgres/log/0002_fewer_entries.sql"),
        include_str!("../migrations/postgres/log/0003_undo_opens_a_run.sql"),
    ],
};

/// Rollups, latest samples, blobs.
pub(crate) const MEASUREMENTS: Schema = Schema {
    name: "measurements",
    sqlite: &[
        include_str!("../migrations/sqlite/measurements/0001_measurements.sql"),
        include_str!("../migrations/sqlite/measurements/0002_blob_in_pieces.sql"),
    ],
    postgres: &[
        include_str!("../migrations/postgres/measurements/0001_measurements.sql"),
        include_str!("../migrations/postgres/measurements/0002_blob_in_pieces.sql"),
    ],
};

/// Why a schema was not brought up to date.
#[derive(Debug)]
pub(crate) enum MigrateError {
    Newer { found: u32, known: u32 },
    Database(sqlx::Error),
}

impl From<sqlx::Error> for MigrateError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl Schema {
    /// Applies what is pending, all or nothing.
    pub(crate) async fn migrate(&self, database: &Database) -> Result<(), MigrateError> {
        let mut transaction = database.begin_alone(Exclusion::Migration).await?;
        let found = self.version(&mut transaction).await?;
        let migrations = match transaction {
            Transaction::Sqlite(_) => self.sqlite,
            Transaction::Postgres(_) => self.postgres,
        };
        if found > migrations.len() {
            return Err(MigrateError::Newer { found: number(found), known: number(migrations.len()) });
        }
        for text in &migrations[found..] {
            within!(&mut transaction, connection => sqlx::raw_sql(*text).execute(connection).await.map(drop))?;
        }
        if found < migrations.len() {
            self.set_version(&mut transaction, migrations.len()).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    async fn version(&self, transaction: &mut Transaction) -> Result<usize, sqlx::Error> {
        const CREATE: &str =
            "CREATE TABLE IF NOT EXISTS schema_version (name TEXT PRIMARY KEY, version BIGINT NOT NULL)";
        const SELECT: &str = "SELECT version FROM schema_version WHERE name = $1";
        let found: Option<i64> = within!(transaction, connection => {
            sqlx::query(CREATE).execute(&mut *connection).await?;
            sqlx::query_scalar(SELECT).bind(self.name).fetch_optional(connection).await?
        });
        Ok(usize::try_from(found.unwrap_or(0)).unwrap_or(usize::MAX))
    }

    async fn set_version(&self, transaction: &mut Transaction, version: usize) -> Result<(), sqlx::Error> {
        const UPSERT: &str = "INSERT INTO schema_version (name, version) VALUES ($1, $2) \
            ON CONFLICT (name) DO UPDATE SET version = excluded.version";
        let version = i64::from(number(version));
        within!(transaction, connection => {
            sqlx::query(UPSERT).bind(self.name).bind(version).execute(connection).await.map(drop)
        })
    }
}

fn number(version: usize) -> u32 {
    u32::try_from(version).unwrap_or(u32::MAX)
}
