//! SQLite files: write-ahead log, and an fsync before a commit answers.
//!
//! Invariant: one connection writes, so a writer never waits for another of ours; readers never wait at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::error::{BoxDynError, ErrorKind};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::Mutex;

use crate::append::{Guard, Row};
use crate::block::BLOCK;
use crate::chain::column;
use crate::outage::Outage;

/// Another program (a backup, a curious `sqlite3`) may hold the file for so long before we give up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Rows in one INSERT: each count has its own prepared statement.
const INSERT_ROWS: usize = 64;
/// Output is not kept where it would leave the log less than this.
const LEFT_TO_THE_LOG_BYTES: u64 = 256 * 1024;
const READERS: u32 = 4;
const COLUMNS: usize = 8;

/// One file, or memory, that is open.
#[derive(Debug, Clone)]
pub(crate) struct File {
    writer: SqlitePool,
    /// The writer's connection between two appends: the pool would test it each time. Whoever wants to write holds the
    /// lock until it has the connection, which is either here or on its way back to the pool.
    kept: Arc<Mutex<Option<PoolConnection<Sqlite>>>>,
    /// Not for a database in memory, which has one connection for writers and readers.
    keeps: bool,
    reader: SqlitePool,
    /// `None` for a database in memory.
    path: Option<PathBuf>,
}

impl File {
    pub(crate) async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .statement_cache_capacity(2 * INSERT_ROWS)
            .disable_statement_logging();
        let writer = one_connection().connect_with(options.clone()).await?;
        let readers = SqlitePoolOptions::new().max_connections(READERS).test_before_acquire(false);
        let reader = readers.connect_lazy_with(options.pragma("query_only", "on"));
        Ok(Self { writer, kept: Arc::default(), keeps: true, reader, path: Some(path.to_owned()) })
    }

    pub(crate) async fn memory() -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new().in_memory(true);
        let writer = one_connection().connect_with(options).await?;
        Ok(Self { reader: writer.clone(), kept: Arc::default(), keeps: false, writer, path: None })
    }

    pub(crate) fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    /// Whether so many bytes fit on the disk, first into the journal and later into the file, and leave the log space.
    pub(crate) fn has_room_for(&self, bytes: usize) -> bool {
        self.path.as_deref().is_none_or(|path| leaves_room(path, 2 * bytes as u64))
    }

    /// Where its file lies; `None` for a database in memory.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.path.as_deref().and_then(Path::parent)
    }

    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        let mut kept = self.kept.lock().await;
        drop(kept.take());
        // Immediate, because a transaction that reads first and writes later can lose its place to another program.
        let begun = self.writer.begin_with("BEGIN IMMEDIATE").await;
        let Err(sqlx::Error::InvalidSavePointStatement) = begun else { return begun };
        // SQLite ended the transaction before by itself, as it does when the disk is full. sqlx believes that it is
        // still open and would refuse every other for ever, so the connection is replaced.
        self.writer.acquire().await?.close().await?;
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Inserts all rows in one commit if the guard holds, and says whether it did.
    pub(crate) async fn append(&self, guard: &Guard, mut rows: Vec<Row>) -> Result<bool, sqlx::Error> {
        if rows.len() <= INSERT_ROWS {
            // One statement is its own transaction, and saves three ways to the connection's thread and back.
            let mut kept = self.kept.lock().await;
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => self.writer.acquire().await?,
            };
            let holds = insert_guarded(&mut connection, guard, rows).await?;
            *kept = self.keeps.then_some(connection);
            return Ok(holds);
        }
        let others = rows.split_off(INSERT_ROWS);
        let mut transaction = self.begin().await?;
        let holds = insert_guarded(&mut transaction, guard, rows).await?;
        if holds {
            insert(&mut transaction, others).await?;
        }
        transaction.commit().await?;
        Ok(holds)
    }

    pub(crate) async fn close(&self) {
        self.kept.lock().await.take();
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Whether so many bytes fit on the disk of this path and leave the log some space. A disk that does not tell has room.
pub(crate) fn leaves_room(path: &Path, bytes: u64) -> bool {
    let Ok(disk) = rustix::fs::statvfs(path) else { return true };
    disk.f_bavail.saturating_mul(disk.f_frsize) >= bytes + LEFT_TO_THE_LOG_BYTES
}

/// A pool that keeps its one connection for ever: for a database in memory, the connection is the database.
fn one_connection() -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None).test_before_acquire(false)
}

const INTO: &str = "INSERT INTO event (at, seq, kind, incident, run, leads, body, hash)";

/// Inserts where the lease is still held, and says whether it is; that nobody else has appended, the primary key says.
async fn insert_guarded(connection: &mut SqliteConnection, guard: &Guard, rows: Vec<Row>) -> Result<bool, sqlx::Error> {
    // Without the lease the first `at` is null, which no row may be. A look at the end of the log is deliberately absent:
    // SQLite would make a copy of every row before it writes the first, and one process has the file.
    const AT: &str = "(CASE WHEN ? IS NULL OR ? = (SELECT token FROM lease WHERE name = 'engine') THEN ? END,";
    let text = format!("{INTO} VALUES {}", places(rows.len()).replacen("(?,", AT, 1));
    let mut values = SqliteArguments::default();
    [guard.token, guard.token].into_iter().try_for_each(|token| values.add(token)).map_err(sqlx::Error::Encode)?;
    match sqlx::query_with(AssertSqlSafe(text), bound(values, rows)?).execute(connection).await {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.kind() == ErrorKind::NotNullViolation => Ok(false),
        Err(error) => Err(error),
    }
}

pub(crate) async fn insert(connection: &mut SqliteConnection, mut rows: Vec<Row>) -> Result<(), sqlx::Error> {
    while !rows.is_empty() {
        let others = rows.split_off(rows.len().min(INSERT_ROWS));
        let text = format!("{INTO} VALUES {}", places(rows.len()));
        let values = bound(SqliteArguments::default(), rows)?;
        sqlx::query_with(AssertSqlSafe(text), values).execute(&mut *connection).await?;
        rows = others;
    }
    Ok(())
}

/// Parameters without numbers: of those that have one, SQLite looks up each name from the first on, again for each row.
fn places(rows: usize) -> String {
    ["(?, ?, ?, ?, ?, ?, ?, ?)"].repeat(rows).join(", ")
}

/// These values and those of the rows, whose texts are handed over and not copied.
fn bound(mut values: SqliteArguments, rows: Vec<Row>) -> Result<SqliteArguments, sqlx::Error> {
    values.reserve(rows.len() * COLUMNS, 0);
    let mut kind: Arc<str> = Arc::from("");
    for row in rows {
        if *kind != *row.kind {
            kind = Arc::from(row.kind);
        }
        add(&mut values, row, Arc::clone(&kind)).map_err(sqlx::Error::Encode)?;
    }
    Ok(values)
}

fn add(values: &mut SqliteArguments, row: Row, kind: Arc<str>) -> Result<(), BoxDynError> {
    values.add(row.at)?;
    values.add(row.seq)?;
    values.add(kind)?;
    values.add(row.incident)?;
    values.add(row.run)?;
    values.add(row.leads)?;
    values.add(row.body)?;
    values.add(row.link.hash().to_vec())
}

/// The events of an incident: those that lead say in which blocks there are any.
pub(crate) async fn read_incident(pool: &SqlitePool, incident: i64) -> Result<Vec<(i64, String)>, sqlx::Error> {
    const INCIDENT: &str = "SELECT event.seq, event.body FROM \
        (SELECT DISTINCT seq / $2 AS number FROM event WHERE incident = $1 AND leads) AS block \
        CROSS JOIN event ON event.seq BETWEEN block.number * $2 AND block.number * $2 + $2 - 1 \
        WHERE event.incident = $1 ORDER BY event.seq";
    sqlx::query_as(INCIDENT).bind(incident).bind(column(BLOCK)).fetch_all(pool).await
}

/// The first event of an incident that no event leads to, which is therefore not found.
pub(crate) async fn unled(pool: &SqlitePool) -> Result<Option<i64>, sqlx::Error> {
    const UNLED: &str = "SELECT min(seq) FROM event WHERE incident IS NOT NULL \
        GROUP BY incident, seq / $1 HAVING NOT max(leads) ORDER BY min(seq) LIMIT 1";
    sqlx::query_scalar(UNLED).bind(column(BLOCK)).fetch_optional(pool).await
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
