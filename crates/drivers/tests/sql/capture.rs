//! What was before a statement: captured, sealed, put back, and looked at when its turn comes.

use std::collections::BTreeMap;
use std::sync::Arc;

use allclear_core::{CaptureEffect, Digest, PerformEffect};
use allclear_drivers::{CaptureKey, Sessions, StateFound};
use allclear_testkit::Postgres;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::support::{RUN, change, done, name};

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
