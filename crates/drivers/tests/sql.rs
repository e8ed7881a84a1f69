//! SQL performed on a real PostgreSQL: what comes out, what is one transaction, what a failure says, and what is left when
//! a session, a lock or a server goes away.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use allclear_core::{
    CaptureEffect, Digest, EffectClass, PerformEffect, Plan, PlannedCommand, PlannedStep, RunId, SecretRef, SqlLimits,
    StepKind, Target,
};
use allclear_drivers::{CaptureKey, Performed, Sessions, StateFound};
use allclear_testkit::{Postgres, eventually};
use bytes::Bytes;
use tokio::sync::mpsc;

/// A limit for what should take no time, so that a broken test ends.
const LIMIT: Duration = Duration::from_secs(60);
const RUN: RunId = RunId(40);

/// One step whose commands stand in lines 10, 20, 30 …
fn effect(url: &str, commands: &[(EffectClass, &str)]) -> PerformEffect {
    let command = |(index, (effect, text)): (usize, &(EffectClass, &str))| {
        let line = u32::try_from(index * 10 + 10).expect("few commands");
        PlannedCommand::new(line, "sql", (*text).to_owned(), *effect, "sandbox")
    };
    let planned = PlannedStep {
        number: 1,
        line: 1,
        title: "A step".to_owned(),
        prose: String::new(),
        kind: StepKind::Command,
        commands: commands.iter().enumerate().map(command).collect(),
        wait: None,
        undoes: None,
        undoes_cut_short: false,
    };
    let plan = Plan {
        digest: Digest::default(),
        runbook: "runbook.md".to_owned(),
        runbook_digest: Digest::default(),
        procedure: "a-procedure".to_owned(),
        title: "A procedure".to_owned(),
        target: "sandbox".to_owned(),
        variables: BTreeMap::new(),
        secrets: Vec::new(),
        steps: vec![planned],
    };
    let target = Target { postgres: Some(SecretRef::Plain(url.to_owned())), ..Target::default() };
    PerformEffect {
        run: RUN,
        step: 1,
        attempt: 1,
        follows_cut_short: false,
        plan: Arc::new(plan),
        incident: None,
        target,
        directory: None,
        sealed: BTreeMap::new(),
        to_capture: [].into(),
        undoes: None,
    }
}

fn change(url: &str, texts: &[&str]) -> PerformEffect {
    effect(url, &texts.iter().map(|text| (EffectClass::Change, *text)).collect::<Vec<_>>())
}

fn observe(url: &str, texts: &[&str]) -> PerformEffect {
    effect(url, &texts.iter().map(|text| (EffectClass::Observe, *text)).collect::<Vec<_>>())
}

/// Performs the step; what came of it, and its output.
async fn perform(sessions: &Sessions, effect: &PerformEffect) -> (Performed, String) {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(4);
    let collect = tokio::spawn(async move {
        let mut output = Vec::new();
        while let Some(chunk) = receiver.recv().await {
            output.extend_from_slice(&chunk);
        }
        String::from_utf8_lossy(&output).into_owned()
    });
    let performed = tokio::time::timeout(LIMIT, sessions.perform(effect, &sender)).await.expect("it ends");
    drop(sender);
    (performed, collect.await.expect("the output was collected"))
}

/// The output of a step that succeeds.
async fn done(sessions: &Sessions, effect: &PerformEffect) -> String {
    let (performed, output) = perform(sessions, effect).await;
    assert!(performed.succeeded, "{}\n{output}", performed.outcome.summary);
    output
}

/// What is said about a step that fails.
async fn failed(sessions: &Sessions, effect: &PerformEffect) -> String {
    let (performed, output) = perform(sessions, effect).await;
    assert!(!performed.succeeded, "{output}");
    performed.outcome.summary
}

/// The name at the end of the database's address.
fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

#[tokio::test]
async fn rows_are_a_table_changes_are_counted_and_notices_are_shown() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    let sessions = Sessions::new();
    let texts = [
        "CREATE TABLE city (id int, name text);",
        "INSERT INTO city VALUES (1, 'Berlin'), (2, 'Joshua Tree');",
        "SELECT id,\n name FROM city ORDER BY id;",
        "DO $$ BEGIN RAISE NOTICE 'looked'; END $$;",
    ];
    let output = done(&sessions, &change(&url, &texts)).await;
    let (connected, rest) = output.split_once('\n').expect("a line about the connection");
    assert!(connected.starts_with(&format!("[{} on 127.0.0.1:", name(&url))), "{connected}");
    assert!(connected.contains("a lock is waited for at most 5 s, a look may take at most 60 s"), "{connected}");
    assert_eq!(
        rest,
        "[4 statements in one transaction]\nCREATE TABLE\nINSERT 2\n id | name\n----+-------------\n 1  | Berlin\n 2  | Joshua Tree\n(2 rows)\nNOTICE 00000: looked\nDO\n[committed]\n"
    );
    let many = done(&sessions, &observe(&url, &["SELECT generate_series(1, 250000) AS n"])).await;
    assert!(many.contains("\n 1000\n(250000 rows, the first 1000 are shown)\n"), "{}", &many[many.len() - 200..]);
    sessions.close(RUN).await;
}

#[tokio::test]
async fn a_session_keeps_its_settings_from_step_to_step() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    let sessions = Sessions::new();
    done(&sessions, &observe(&url, &["SET work_mem = '7MB';"])).await;
    done(&sessions, &change(&url, &["CREATE TEMP TABLE kept AS SELECT 5 AS n;"])).await;
    let output = done(&sessions, &observe(&url, &["SELECT n, current_setting('work_mem') FROM kept;"])).await;
    assert_eq!(output, " n | current_setting\n---+-----------------\n 5 | 7MB\n(1 row)\n");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn what_observes_cannot_change_anything() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    server.psql(name(&url), "CREATE TABLE t (a int)");
    let sessions = Sessions::new();
    let summary = failed(&sessions, &observe(&url, &["INSERT INTO t VALUES (1);"])).await;
    assert!(summary.contains("25006: cannot execute INSERT in a read-only transaction"), "{summary}");
    // Beside a change as well, and in a transaction of the step's own.
    let mixed = [
        (EffectClass::Change, "INSERT INTO t VALUES (1);"),
        (EffectClass::Observe, "SELECT count(*) FROM t;"),
        (EffectClass::Change, "INSERT INTO t VALUES (2);"),
    ];
    done(&sessions, &effect(&url, &mixed)).await;
    assert_eq!(server.psql(name(&url), "SELECT count(*) FROM t"), "2");
    let mixed = [(EffectClass::Change, "INSERT INTO t VALUES (3);"), (EffectClass::Observe, "DELETE FROM t;")];
    let summary = failed(&sessions, &effect(&url, &mixed)).await;
    assert!(summary.starts_with("command 2 (line 20) failed: ERROR 25006"), "{summary}");
    assert!(summary.ends_with("its transaction was rolled back, so nothing of it happened"), "{summary}");
    // `BEGIN` by itself observes; that does not make the rest of its transaction observe.
    let own = [
        (EffectClass::Observe, "BEGIN;"),
        (EffectClass::Change, "DELETE FROM t WHERE a = 7;"),
        (EffectClass::Observe, "COMMIT;"),
    ];
    done(&sessions, &effect(&url, &own)).await;
    let own = observe(&url, &["BEGIN;", "DELETE FROM t;", "COMMIT;"]);
    assert!(failed(&sessions, &own).await.contains("25006"));
    assert_eq!(server.psql(name(&url), "SELECT count(*) FROM t"), "2");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn a_step_that_fails_has_done_nothing_and_says_where() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    server.psql(name(&url), "CREATE TABLE t (a int)");
    let sessions = Sessions::new();
    let texts = ["INSERT INTO t VALUES (1);", "SELECT\n  a,\n  nam FROM t;"];
    let summary = failed(&sessions, &change(&url, &texts)).await;
    assert_eq!(
        summary,
        "command 2 (line 20) failed: ERROR 42703: column \"nam\" does not exist (line 22); its transaction was rolled back, so nothing of it happened"
    );
    assert_eq!(server.psql(name(&url), "SELECT count(*) FROM t"), "0");
    let summary =
        failed(&sessions, &change(&url, &["INSERT INTO t VALUES (1);", "VACUUM t;", "SELECT * FROM tt;"])).await;
    assert!(
        summary.contains("42P01")
            && summary.ends_with("2 statements of the step had been committed before and would be performed again"),
        "{summary}"
    );
    let summary = failed(&sessions, &change(&url, &["BEGIN;", "DELETE FROM t;"])).await;
    assert!(summary.contains("leaves its transaction open"), "{summary}");
    assert_eq!(server.psql(name(&url), "SELECT count(*) FROM t"), "1");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn statements_that_no_transaction_may_hold_run_alone() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    let sessions = Sessions::new();
    let texts = [
        "CREATE TABLE t (a int);",
        "CREATE INDEX CONCURRENTLY t_a ON t (a);",
        "REINDEX INDEX CONCURRENTLY t_a;",
        "VACUUM ANALYZE t;",
        "CREATE DATABASE beside;",
        "DROP DATABASE beside;",
    ];
    let output = done(&sessions, &change(&url, &texts)).await;
    assert!(
        output.ends_with("CREATE TABLE\nCREATE INDEX\nREINDEX\nVACUUM\nCREATE DATABASE\nDROP DATABASE\n"),
        "{output}"
    );
    assert_eq!(server.psql(name(&url), "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_a'::regclass"), "t");
    sessions.close(RUN).await;
}

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

#[tokio::test]
async fn a_secret_goes_into_a_statement_and_comes_out_redacted() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    let sessions = Sessions::new();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    std::fs::write(&path, "o'correct-horse-battery\n").expect("the file is written");
    let mut effect = observe(&url, &["SELECT :'NEW_PASSWORD' AS a, length(:'NEW_PASSWORD') AS b;"]);
    effect.target.env = BTreeMap::from([("NEW_PASSWORD".to_owned(), SecretRef::File(path.display().to_string()))]);
    let output = done(&sessions, &effect).await;
    assert!(output.contains("[redacted]") && output.contains("| 23") && !output.contains("correct-horse"), "{output}");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn rows_of_a_copy_go_to_the_output() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    let sessions = Sessions::new();
    let output =
        done(&sessions, &observe(&url, &["COPY (SELECT generate_series(1, 3)) TO STDOUT;", "SELECT 1;"])).await;
    assert!(output.contains("]\n1\n2\n3\n ?column?\n"), "{output}");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn what_was_is_captured_sealed_and_put_back() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    let database = name(&url);
    server.psql(database, &format!("ALTER DATABASE {database} SET application_name = 'be''fore'"));
    let folder = tempfile::tempdir().expect("a folder");
    let sessions = Sessions::with_key(CaptureKey::of(folder.path()));
    let stored = || {
        server.psql(database, "SELECT array_to_string(setconfig, ' ') FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database()")
    };
    let mut effect = change(&url, &[&format!("ALTER DATABASE {database} SET application_name = 'after';")]);
    let plan = Arc::make_mut(&mut effect.plan);
    let query = format!(
        "SELECT format('ALTER DATABASE %I SET application_name = %L', current_database(), \
         (SELECT split_part(item, '=', 2) FROM pg_db_role_setting s, unnest(setconfig) item WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = '{database}')))"
    );
    plan.steps[0].commands[0].capture = BTreeMap::from([("CAPTURED".to_owned(), query)]);
    let PerformEffect { run, step, plan, incident, target, directory, .. } = effect.clone();
    let capture = CaptureEffect { run, step, plan, incident, target, directory };
    let captured = sessions.capture(&capture).await.expect("it is captured");
    let sealed = captured["0/CAPTURED"].clone();
    assert!(!String::from_utf8_lossy(&sealed).contains("fore"), "it is sealed");
    let output = done(&sessions, &effect).await;
    assert!(output.starts_with(&format!("[{database} on ")), "{output}");
    assert_eq!(stored(), "application_name=after");
    let mut undo = change(&url, &[":CAPTURED;"]);
    let digest = Digest::of(&sealed);
    Arc::make_mut(&mut undo.plan).steps[0].commands[0].captured =
        BTreeMap::from([("CAPTURED".to_owned(), digest.clone())]);
    undo.sealed = BTreeMap::from([(digest, sealed)]);
    done(&sessions, &undo).await;
    assert_eq!(stored(), "application_name=be'fore");
    // What cannot be had is said before anything is done.
    let mut missing = capture.clone();
    Arc::make_mut(&mut missing.plan).steps[0].commands[0].capture = BTreeMap::from([(
        "CAPTURED".to_owned(),
        "SELECT max(datname) FROM pg_database WHERE datname = 'no_such'".to_owned(),
    )]);
    let error = sessions.capture(&missing).await.expect_err("there is nothing");
    assert!(error.contains("there is nothing of that name to capture; nothing of this step was run"), "{error}");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn a_shell_acts_on_the_same_database() {
    let url = "postgres://ana:correct%2Dhorse%2Dbattery@127.0.0.1:6543/shop?sslmode=require";
    let mut effect = change(url, &["echo \"$PGUSER:$PGPASSWORD@$PGHOST:$PGPORT/$PGDATABASE $PGSSLMODE\""]);
    Arc::make_mut(&mut effect.plan).steps[0].commands[0].language = "bash".to_owned();
    let sessions = Sessions::new();
    let output = done(&sessions, &effect).await;
    assert!(output.starts_with("ana:[redacted]") && output.ends_with("127.0.0.1:6543/shop require\n"), "{output}");
    sessions.close(RUN).await;
    // Unless the target says itself where its clients go.
    effect.target.env = BTreeMap::from([("PGHOST".to_owned(), SecretRef::Plain("elsewhere".to_owned()))]);
    Arc::make_mut(&mut effect.plan).steps[0].commands[0].rendered = "echo \"$PGHOST ${PGUSER:-nobody}\"".to_owned();
    let sessions = Sessions::new();
    assert_eq!(done(&sessions, &effect).await, "elsewhere nobody\n");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn what_is_before_a_statement_is_looked_at_after_what_was_committed_before_it() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    let folder = tempfile::tempdir().expect("a folder");
    let sessions = Sessions::with_key(CaptureKey::of(folder.path()));
    done(&sessions, &change(&url, &["CREATE TABLE stock (n int);", "INSERT INTO stock VALUES (1);"])).await;
    for (texts, before) in [
        (["BEGIN; UPDATE stock SET n = 2; COMMIT;", "UPDATE stock SET n = 3;"], "2"),
        (["UPDATE stock SET n = 4;", "UPDATE stock SET n = 5;"], "3"),
    ] {
        let mut effect = change(&url, &texts);
        let planned = &mut Arc::make_mut(&mut effect.plan).steps[0].commands[1];
        planned.capture = BTreeMap::from([("OLD".to_owned(), "SELECT n FROM stock".to_owned())]);
        effect.to_capture = ["1/OLD".to_owned()].into();
        let (sender, mut output) = mpsc::channel::<Bytes>(64);
        let (found, mut finding) = mpsc::channel::<StateFound>(1);
        let keeping = async {
            let StateFound { sealed, kept } = finding.recv().await.expect("it is found");
            kept.send(Ok(())).expect("the step waits");
            sealed.expect("it is sealed")
        };
        let shown = async { while output.recv().await.is_some() {} };
        let performing = async {
            let performed = sessions.perform_recording(&effect, &sender, &found).await;
            drop(sender);
            performed
        };
        let (performed, sealed, ()) = tokio::join!(performing, keeping, shown);
        assert!(performed.succeeded, "{texts:?}: {performed:?}");
        let (_, value) = CaptureKey::of(folder.path()).open(&sealed["1/OLD"]).expect("it opens");
        assert_eq!(String::from_utf8_lossy(&value), before, "{texts:?}");
    }
}
