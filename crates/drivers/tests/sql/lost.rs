//! Statements that are ended: by a limit, by whoever cancels, by a session or a server that goes away.

use std::sync::Arc;
use std::time::Duration;

use allclear_core::{PerformEffect, SqlLimits};
use allclear_drivers::Sessions;
use allclear_testkit::{Postgres, eventually};
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::support::{LIMIT, RUN, change, done, failed, name, observe, perform};

#[tokio::test]
async fn what_takes_too_long_or_waits_too_long_is_ended() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    server.psql(name(&url), "CREATE TABLE t (a int)");
    let sessions = Sessions::new();
    let limits = SqlLimits { observe_ms: 100, change_ms: 0, lock_ms: 100 };
    let with_limits = |mut effect: PerformEffect| {
        effect.target.sql_limits = limits;
        effect
    };
    let summary = failed(&sessions, &with_limits(observe(&url, &["SELECT pg_sleep(60);"]))).await;
    assert!(summary.contains("57014: canceling statement due to statement timeout; the limit is"), "{summary}");
    // A change has no such limit.
    done(&sessions, &with_limits(change(&url, &["SELECT pg_sleep(0.3);"]))).await;
    let holder = Sessions::new();
    let holding = change(&url, &["BEGIN;", "LOCK t;", "SELECT pg_sleep(60);", "COMMIT;"]);
    let (sender, mut output) = mpsc::channel::<Bytes>(64);
    let holding = tokio::spawn(async move {
        let performed = holder.perform(&holding, &sender).await;
        performed.succeeded
    });
    while let Some(chunk) = output.recv().await {
        if String::from_utf8_lossy(&chunk).contains("LOCK") {
            break;
        }
    }
    let summary = failed(&sessions, &with_limits(change(&url, &["ALTER TABLE t ADD COLUMN b int;"]))).await;
    assert!(summary.contains("55P03") && summary.contains("waits no longer than 100 ms"), "{summary}");
    assert!(summary.ends_with("it was not done"), "{summary}");
    holding.abort();
    sessions.close(RUN).await;
}

#[tokio::test]
async fn a_session_that_is_killed_during_a_change_is_not_said_to_have_failed_for_sure() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    server.psql(name(&url), "CREATE TABLE t (a int)");
    let sessions = Sessions::new();
    let kill = |query: &'static str, database: String| {
        tokio::task::spawn_blocking(move || {
            let text = format!(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                 WHERE datname = '{database}' AND state = 'active' AND query LIKE '{query}%'"
            );
            let Some(server) = Postgres::shared() else { return };
            eventually("a backend to kill", LIMIT, || (server.psql("postgres", &text) != "0").then_some(()));
        })
    };
    let killing = kill("INSERT", name(&url).to_owned());
    let summary = failed(&sessions, &change(&url, &["INSERT INTO t SELECT 1 FROM pg_sleep(60);"])).await;
    killing.await.expect("it was killed");
    assert!(summary.contains("the connection to the database was lost (FATAL 57P01"), "{summary}");
    assert!(summary.ends_with("it is not known whether it happened: look before it is performed again"), "{summary}");
    // In a transaction that was not committed, it is.
    let killing = kill("SELECT pg_sleep", name(&url).to_owned());
    let summary = failed(&sessions, &change(&url, &["INSERT INTO t VALUES (1);", "SELECT pg_sleep(60);"])).await;
    killing.await.expect("it was killed");
    assert!(summary.ends_with("its transaction was rolled back, so nothing of it happened"), "{summary}");
    assert_eq!(server.psql(name(&url), "SELECT count(*) FROM t"), "0");
    let output = done(&sessions, &observe(&url, &["SELECT 1;"])).await;
    assert!(output.starts_with("[another session, settings of earlier steps are gone: "), "{output}");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn a_cancelled_run_cancels_its_statement_at_the_server() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    server.psql(name(&url), "CREATE TABLE t (a int)");
    let sessions = Arc::new(Sessions::new());
    let performing = {
        let (sessions, effect) = (Arc::clone(&sessions), change(&url, &["INSERT INTO t SELECT 1 FROM pg_sleep(60);"]));
        tokio::spawn(async move { perform(&sessions, &effect).await })
    };
    let active =
        format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND query LIKE 'INSERT%'", name(&url));
    let began = active.clone();
    tokio::task::spawn_blocking(move || {
        eventually("a statement", LIMIT, || (server.psql("postgres", &began) == "1").then_some(()));
    })
    .await
    .expect("it began");
    sessions.cancel(RUN).await;
    let (performed, _) = performing.await.expect("it ends");
    assert!(!performed.succeeded);
    assert_eq!(performed.outcome.summary, "command 1 (line 10) was cancelled; it was not done");
    tokio::task::spawn_blocking(move || {
        eventually("the end of the session", LIMIT, || (server.psql("postgres", &active) == "0").then_some(()));
    })
    .await
    .expect("it ended");
    assert_eq!(server.psql(name(&url), "SELECT count(*) FROM t"), "0");
}

#[tokio::test]
async fn a_step_that_is_dropped_leaves_nothing_at_work() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    let sessions = Sessions::new();
    let (sender, _receiver) = mpsc::channel::<Bytes>(4);
    let active = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND state = 'active'", name(&url));
    let effect = change(&url, &["SELECT pg_sleep(60);"]);
    {
        let mut performing = std::pin::pin!(sessions.perform(&effect, &sender));
        let mut looks = 0;
        while server.psql("postgres", &active) != "1" {
            looks += 1;
            assert!(looks < 1_000, "the statement does not begin");
            let _ = tokio::time::timeout(Duration::from_millis(10), performing.as_mut()).await;
        }
    }
    tokio::task::spawn_blocking(move || {
        eventually("the end of the statement", LIMIT, || (server.psql("postgres", &active) == "0").then_some(()));
    })
    .await
    .expect("it ended");
}

#[tokio::test]
async fn a_database_that_cannot_be_had_is_told_without_its_password() {
    let Some(server) = Postgres::shared() else { return };
    let sessions = Sessions::new();
    server.psql("postgres", "CREATE ROLE locked NOLOGIN");
    let port = server.port();
    let free = allclear_testkit::free_port();
    for (url, said) in [
        (
            format!("postgres://allclear:hunter2-hunter2@127.0.0.1:{port}/no_such"),
            "3D000: database \"no_such\" does not exist",
        ),
        (
            format!("postgres://locked:hunter2-hunter2@127.0.0.1:{port}/postgres"),
            "28000: role \"locked\" is not permitted to log in",
        ),
        (
            format!("postgres://allclear:hunter2-hunter2@127.0.0.1:{free}/postgres"),
            "there is no connection to postgres on 127.0.0.1",
        ),
        ("postgres://allclear:hunter2-hunter2@127.0.0.1/x?colour=red".to_owned(), "unknown option"),
    ] {
        let (performed, output) = perform(&sessions, &change(&url, &["SELECT 1;"])).await;
        let summary = performed.outcome.summary;
        assert!(!performed.succeeded && summary.contains(said), "{summary}");
        assert!(!summary.contains("hunter2") && !output.contains("hunter2"), "{summary}");
    }
    let mut effect = change("", &["SELECT 1;"]);
    effect.target.postgres = None;
    let summary = failed(&sessions, &effect).await;
    assert_eq!(
        summary,
        "command 1 (line 10) needs a database, and target `sandbox` has none: give it `postgres` in the configuration; nothing of this step was run"
    );
}
