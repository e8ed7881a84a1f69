//! What comes out of statements, what is one transaction, and what a failure says.

use std::collections::BTreeMap;
use std::sync::Arc;

use allclear_core::{EffectClass, SecretRef};
use allclear_drivers::Sessions;
use allclear_testkit::Postgres;

use crate::support::{RUN, change, done, effect, failed, name, observe};

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
