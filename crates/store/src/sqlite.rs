//! SQLite files: write-ahead log, and an fsync before a commit answers.
//!
//! Invariant: one connection writes, so a writer never waits for another of ours; readers never wait at all.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::append::{Guard, Row};
use crate::chain::Link;
use crate::outage::Outage;

/// Another program (a backup, a curious `sqlite3`) may hold the file for so long before we give up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Pages in the write-ahead log before they are moved into the file (16 MiB): a commit that must do that is slow.
const CHECKPOINT_PAGES: &str = "4000";
/// Rows in one INSERT: each count has its own prepared statement.
const INSERT_ROWS: usize = 64;
const READERS: u32 = 4;

/// One file, or memory, that is open.
#[derive(Debug, Clone)]
pub(crate) struct File {
    writer: SqlitePool,
    reader: SqlitePool,
}

impl File {
    pub(crate) async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .statement_cache_capacity(2 * INSERT_ROWS)
            .disable_statement_logging();
        let writer = one_connection().connect_with(options.clone()).await?;
        let readers = SqlitePoolOptions::new().max_connections(READERS).test_before_acquire(false);
        let reader = readers.connect_lazy_with(options.pragma("query_only", "on"));
        Ok(Self { writer, reader })
    }

    pub(crate) async fn memory() -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new().in_memory(true);
        let writer = one_connection().connect_with(options).await?;
        Ok(Self { reader: writer.clone(), writer })
    }

    pub(crate) fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        // Immediate, because a transaction that reads first and writes later can lose its place to another program.
        let begun = self.writer.begin_with("BEGIN IMMEDIATE").await;
        let Err(sqlx::Error::InvalidSavePointStatement) = begun else { return begun };
        // SQLite ended the transaction before by itself, as it does when the disk is full. sqlx believes that it is
        // still open and would refuse every other for ever, so the connection is replaced.
        self.writer.acquire().await?.close().await?;
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Inserts all rows in one commit if the guard holds, and says whether it did.
    pub(crate) async fn append(&self, guard: &Guard, rows: &[Row]) -> Result<bool, sqlx::Error> {
        if rows.len() <= INSERT_ROWS {
            // One statement is its own transaction, and saves three ways to the connection's thread and back.
            return insert_guarded(&mut *self.writer.acquire().await?, guard, rows).await;
        }
        let (first, others) = rows.split_at(INSERT_ROWS);
        let mut transaction = self.begin().await?;
        let holds = insert_guarded(&mut transaction, guard, first).await?;
        if holds {
            insert(&mut transaction, others).await?;
        }
        transaction.commit().await?;
        Ok(holds)
    }

    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// A pool that keeps its one connection for ever: for a database in memory, the connection is the database.
fn one_connection() -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None).test_before_acquire(false)
}

const INTO: &str = "INSERT INTO event (seq, at, kind, incident, run, body, hash)";

async fn insert_guarded(connection: &mut SqliteConnection, guard: &Guard, rows: &[Row]) -> Result<bool, sqlx::Error> {
    let text = format!(
        "{INTO} SELECT * FROM (VALUES {}) \
         WHERE coalesce((SELECT hash FROM event ORDER BY seq DESC LIMIT 1), ?) = ? \
         AND (? IS NULL OR ? = (SELECT token FROM lease WHERE name = 'engine'))",
        places(rows.len())
    );
    let query = rows.iter().fold(sqlx::query(AssertSqlSafe(text)), bind);
    let query = query.bind(Link::GENESIS.hash().to_vec()).bind(guard.before.hash());
    let query = query.bind(guard.token).bind(guard.token);
    Ok(query.execute(connection).await?.rows_affected() > 0)
}

pub(crate) async fn insert(connection: &mut SqliteConnection, rows: &[Row]) -> Result<(), sqlx::Error> {
    for chunk in rows.chunks(INSERT_ROWS) {
        let text = format!("{INTO} VALUES {}", places(chunk.len()));
        chunk.iter().fold(sqlx::query(AssertSqlSafe(text)), bind).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Parameters without numbers: of those that have one, SQLite looks up each name from the first on, again for each row.
fn places(rows: usize) -> String {
    ["(?, ?, ?, ?, ?, ?, ?)"].repeat(rows).join(", ")
}

type Insert<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

fn bind<'q>(query: Insert<'q>, row: &'q Row) -> Insert<'q> {
    let query = query.bind(row.seq).bind(row.at).bind(row.kind).bind(row.incident).bind(row.run);
    query.bind(&row.body).bind(row.link.hash())
}

/// What a result code of SQLite means for the person on call. An extended code's low byte is its kind.
pub(crate) fn outage(code: &str) -> Outage {
    const SHARED_MEMORY_CANNOT_GROW: u32 = 4874;
    let code = code.parse::<u32>();
    match code.map(|code| if code == SHARED_MEMORY_CANNOT_GROW { 13 } else { code & 0xff }) {
        Ok(13) => Outage::DiskFull,
        Ok(3 | 8 | 14 | 23) => Outage::ReadOnly,
        Ok(5 | 6) => Outage::Busy,
        Ok(11 | 26) => Outage::Damaged,
        _ => Outage::Failed,
    }
}
