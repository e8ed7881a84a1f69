//! PostgreSQL: any number of replicas on one database.
//!
//! Invariant: what decides between two replicas is the primary key of `event`; locks only save work.

use std::str::FromStr;
use std::time::Duration;

use allclear_core::Seq;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, Postgres};

use crate::append::{Guard, Row};
use crate::chain::Link;
use crate::database::Exclusion;
use crate::outage::Outage;

/// The channel on which a replica tells the others that the log has grown.
pub(crate) const CHANNEL: &str = "allclear_log";
const CONNECTIONS: u32 = 8;
/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn options(address: &str) -> Result<PgConnectOptions, sqlx::Error> {
    Ok(PgConnectOptions::from_str(address)?.application_name("allclear"))
}

pub(crate) async fn open(options: PgConnectOptions) -> Result<PgPool, sqlx::Error> {
    // The pool tries again for as long as it may, and then knows only that time is up: what is wrong now is asked first.
    let connected = tokio::time::timeout(PATIENCE, PgConnection::connect_with(&options)).await;
    connected.map_err(|_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))??.close().await?;
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE).after_connect(|connection, _| {
        Box::pin(async move {
            // An answer means that it is on disk, whatever the default of the database is.
            sqlx::query("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'")
                .execute(connection)
                .await
                .map(drop)
        })
    });
    pool.connect_with(options).await
}

/// Waits until no other replica does the same; ends with the transaction.
pub(crate) async fn exclude(connection: &mut PgConnection, exclusion: Exclusion) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(exclusion as i64).execute(connection).await.map(drop)
}

/// Inserts all rows in one commit if the guard holds, tells the other replicas, and says whether it did.
pub(crate) async fn append(pool: &PgPool, guard: &Guard, rows: &[Row]) -> Result<bool, sqlx::Error> {
    const APPEND: &str = "WITH appended AS ( \
        INSERT INTO event (seq, at, kind, incident, run, body, hash) SELECT * FROM \
        UNNEST($1::BIGINT[], $2::BIGINT[], $3::TEXT[], $4::BIGINT[], $5::BIGINT[], $6::TEXT[], $7::BYTEA[]) \
        WHERE coalesce((SELECT hash FROM event ORDER BY seq DESC LIMIT 1), $8) = $9 \
        AND ($10::BIGINT IS NULL OR $10 = (SELECT token FROM lease WHERE name = 'engine')) RETURNING seq \
        ) SELECT pg_notify($11, seq::TEXT)::TEXT FROM (SELECT max(seq) AS seq FROM appended) AS last \
        WHERE seq IS NOT NULL";
    let query = bind(sqlx::query(APPEND), rows).bind(Link::GENESIS.hash().to_vec()).bind(guard.before.hash());
    let told = query.bind(guard.token).bind(CHANNEL).fetch_optional(pool).await?;
    Ok(told.is_some())
}

pub(crate) async fn insert(connection: &mut PgConnection, rows: &[Row]) -> Result<(), sqlx::Error> {
    const INSERT: &str = "INSERT INTO event (seq, at, kind, incident, run, body, hash) SELECT * FROM \
        UNNEST($1::BIGINT[], $2::BIGINT[], $3::TEXT[], $4::BIGINT[], $5::BIGINT[], $6::TEXT[], $7::BYTEA[])";
    bind(sqlx::query(INSERT), rows).execute(connection).await.map(drop)
}

type Insert<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

/// One array for each column.
fn bind<'q>(query: Insert<'q>, rows: &'q [Row]) -> Insert<'q> {
    query
        .bind(rows.iter().map(|row| row.seq).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.kind).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.incident).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.run).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.body.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.link.hash()).collect::<Vec<_>>())
}

/// The events of an incident.
pub(crate) async fn read_incident(pool: &PgPool, incident: i64) -> Result<Vec<(i64, String)>, sqlx::Error> {
    const INCIDENT: &str = "SELECT seq, body FROM event WHERE incident = $1 ORDER BY seq";
    sqlx::query_as(INCIDENT).bind(incident).fetch_all(pool).await
}

pub(crate) async fn last_seq(pool: &PgPool) -> Result<Seq, sqlx::Error> {
    let last: i64 = sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM event").fetch_one(pool).await?;
    Ok(Seq::try_from(last).unwrap_or(0))
}

/// What an SQLSTATE means for the person on call.
pub(crate) fn outage(code: &str) -> Outage {
    match code {
        "53100" => Outage::DiskFull,
        "25006" | "42501" => Outage::ReadOnly,
        "53300" | "55P03" | "57014" | "40001" | "40P01" => Outage::Busy,
        "XX001" | "XX002" => Outage::Damaged,
        "57P01" | "57P02" | "57P03" => Outage::Unreachable,
        "28000" | "28P01" | "3D000" => Outage::Refused,
        _ => Outage::Failed,
    }
}
