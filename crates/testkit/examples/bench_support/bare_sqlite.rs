//! Bare SQLite, the limit for every log on it: one table, one connection, an fsync in every commit, nothing else.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

pub(crate) async fn open(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let create = "CREATE TABLE record (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT";
    sqlx::query(create).execute(&mut connection).await?;
    Ok(connection)
}

/// Inserts these bodies, the first at `first`, in one commit.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    first: i64,
    bodies: &[String],
) -> Result<(), sqlx::Error> {
    let places = vec!["(?, ?)"; bodies.len()].join(", ");
    let mut query = sqlx::query(AssertSqlSafe(format!("INSERT INTO record (seq, body) VALUES {places}")));
    for (seq, body) in (first..).zip(bodies) {
        query = query.bind(seq).bind(body);
    }
    query.execute(connection).await.map(drop)
}
