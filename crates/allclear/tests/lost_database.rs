//! PostgreSQL is killed in the middle of a statement: the outcome says what nobody knows, nothing is repeated without a
//! person, and the run goes on once the server is back.

mod support;

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use allclear_testkit::{Postgres, eventually};
use support::{CONFIG, Place, Running, code, said};

const LIMIT: Duration = Duration::from_secs(30);
const DATABASE: &str = "test_0";

const SCHEMA: &str = "
CREATE TABLE account (id int PRIMARY KEY, balance int);
INSERT INTO account VALUES (1, 100);";

const RUNBOOK: &str = "# Bank

## Book

**When**: somebody pays

**Steps:**

1. **Book:**
```sql
UPDATE account SET balance = balance - 10 FROM (SELECT pg_advisory_xact_lock(7)) AS turn WHERE id = 1;
```

2. **Look:**
```sql
SELECT balance FROM account;
```
";

/// Holds the lock that the statement waits for, so that it is found in its middle.
fn hold_the_lock(postgres: &Postgres) -> Child {
    let mut psql = Command::new(postgres.binaries().join("psql"));
    psql.args(["-X", "-q", "-h", "127.0.0.1", "-U", "allclear", "-d", DATABASE, "-p", &postgres.port().to_string()]);
    psql.args(["-c", "SELECT pg_advisory_lock(7)", "-c", "SELECT pg_sleep(60)"]);
    let child = psql.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("psql starts");
    let held = || {
        (ask(postgres, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted") == "1").then_some(())
    };
    eventually("somebody holds the lock", LIMIT, held);
    child
}

/// Asks the server until it answers: after a crash it recovers first.
fn ask(postgres: &Postgres, sql: &str) -> String {
    let mut psql = Command::new(postgres.binaries().join("psql"));
    psql.args(["-X", "-q", "-A", "-t", "-h", "127.0.0.1", "-U", "allclear", "-d", DATABASE]);
    psql.args(["-p", &postgres.port().to_string(), "-c", sql]);
    eventually("PostgreSQL answers", LIMIT, || {
        let output = psql.output().expect("psql starts");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    })
}

#[test]
fn a_statement_whose_server_is_killed_waits_for_a_person_and_is_not_repeated() {
    let Some(postgres) = Postgres::start() else { return };
    let url = postgres.database();
    assert!(url.ends_with(DATABASE), "{url}");
    postgres.psql(DATABASE, SCHEMA);
    let place = Place::new();
    place.write("allclear.toml", &format!("{CONFIG}\n[target.bank]\npostgres = \"{url}\"\n"));
    place.write("runbook.md", RUNBOOK);
    let plan = place.json(&["plan", "runbook.md", "book", "--target", "bank", "--offline"]);
    let digest = plan["digest"].as_str().unwrap_or_else(|| panic!("refused: {plan}"));

    let holder = Running { child: hold_the_lock(&postgres) };
    let running = place.start(&["run", "runbook.md", "book", "--target", "bank", "--approve", digest]);
    const WAITING: &str =
        "SELECT pid FROM pg_stat_activity WHERE query LIKE 'UPDATE account%' AND wait_event = 'advisory'";
    let backend =
        eventually("the statement is under way", LIMIT, || Some(ask(&postgres, WAITING)).filter(|pid| !pid.is_empty()));
    // A killed backend takes the whole server with it, which then recovers from its log.
    assert!(Command::new("kill").args(["-KILL", &backend]).status().expect("kill starts").success());
    let output = running.end();
    drop(holder);
    assert_eq!(code(&output), 1, "{}", said(&output));
    assert!(said(&output).contains("it is not known whether it happened"), "{}", said(&output));
    assert_eq!(ask(&postgres, "SELECT balance FROM account"), "100", "it was rolled back");

    let runs = place.json(&["runs"]);
    assert_eq!(runs[0]["state"], "failed", "{runs}");
    let id = runs[0]["id"].as_str().expect("an id");
    let untouched = place.run(&["resume", id]);
    assert_eq!(code(&untouched), 1, "nobody said a word: {}", said(&untouched));
    assert_eq!(ask(&postgres, "SELECT balance FROM account"), "100");
    let again = place.run(&["resume", id, "--again"]);
    assert_eq!(code(&again), 0, "{}", said(&again));
    assert_eq!(ask(&postgres, "SELECT balance FROM account"), "90", "once, and not twice");
}
