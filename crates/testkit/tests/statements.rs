//! What the catalogue says about statements, on a real PostgreSQL: what was is captured, changed, and brought back, as the
//! server's own catalogues have it; by the driver for `sql`, and by `psql` for bash.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::Command;

use allclear_core::{EffectClass, Plan, PlannedCommand, SecretRef, Target, sql_with_values};
use allclear_drivers::Sessions;
use allclear_runbook::PlanRequest;
use allclear_testkit::{Postgres, lone_step};
use bytes::Bytes;
use tokio::sync::mpsc;

/// The settings that somebody has stored, of the server, of databases and of roles, and what may be done.
const SETTINGS: &str = "SELECT 'server', name, setting FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf' \
    UNION ALL SELECT 'in use', name, setting FROM pg_settings WHERE name IN ('work_mem', 'search_path') \
    UNION ALL SELECT coalesce(datname, '') || '/' || coalesce(rolname, ''), array_to_string(setconfig, ' '), '' \
    FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase LEFT JOIN pg_roles r ON r.oid = setrole \
    UNION ALL SELECT 'database', datname, datconnlimit || ' ' || datallowconn FROM pg_database \
    UNION ALL SELECT 'role', rolname, rolconnlimit || ' ' || rolcanlogin || ' ' || coalesce(rolpassword, '-') FROM pg_authid ORDER BY 1, 2, 3";
/// What there is in a database.
const OBJECTS: &str = "SELECT nspname, relname, relkind, pg_get_indexdef(i.indexrelid), indisvalid, \
    (SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND attnum > 0) \
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid \
    WHERE nspname !~ '^pg_|^information' ORDER BY 1, 2";

/// A database, what is to be there before, and a place to perform.
struct Place<'s> {
    server: &'s Postgres,
    url: String,
    sessions: Sessions,
}

impl<'s> Place<'s> {
    fn new(server: &'s Postgres, before: &str) -> Self {
        let url = server.database();
        let place = Self { server, url, sessions: Sessions::new() };
        for statement in before.split(";\n").filter(|it| !it.is_empty()) {
            place.psql(statement);
        }
        place
    }

    fn database(&self) -> &str {
        self.url.rsplit('/').next().unwrap()
    }

    fn psql(&self, text: &str) -> String {
        self.server.psql(self.database(), text)
    }

    fn state(&self) -> String {
        // A reload takes the server a moment.
        format!("{}\n--\n{}", self.psql(SETTINGS), self.psql(OBJECTS))
    }

    /// The one command of a fence, planned.
    fn planned(&self, language: &str, text: &str) -> PlannedCommand {
        let runbook = format!("# Fix it\n\n**When**: broken\n\n1. Do it:\n```{language}\n{text}\n```\n");
        let (runbook, _) = allclear_runbook::parse("runbook.md", &runbook);
        let request = PlanRequest { target: "sandbox".to_owned(), ..PlanRequest::default() };
        let plan: Plan =
            allclear_runbook::plan(&runbook, "fix-it", &request).unwrap_or_else(|why| panic!("{text}: {why:?}"));
        let [command] = plan.steps[0].commands.clone().try_into().unwrap();
        command
    }

    async fn perform(&self, text: &str) -> Result<String, String> {
        let command = PlannedCommand::new(1, "sql", text.to_owned(), EffectClass::Change, "sandbox");
        let target = Target { postgres: Some(SecretRef::Plain(self.url.clone())), ..Target::default() };
        let effect = lone_step(1, vec![command], target);
        let (sender, mut receiver) = mpsc::channel::<Bytes>(64);
        let reading = tokio::spawn(async move { while receiver.recv().await.is_some() {} });
        let performed = self.sessions.perform(&effect, &sender).await;
        drop(sender);
        reading.await.unwrap();
        if performed.succeeded { Ok(performed.outcome.summary) } else { Err(performed.outcome.summary) }
    }

    /// Captures, changes, undoes, and compares.
    async fn put_back(&self, text: &str) {
        let command = self.planned("sql", text);
        self.reload();
        let before = self.state();
        let captured: Vec<(&String, String)> =
            command.capture.iter().map(|(variable, query)| (variable, self.psql(query))).collect();
        self.perform(text).await.unwrap_or_else(|why| panic!("{text}: {why}"));
        self.reload();
        let after = self.state();
        assert_ne!(after, before, "{text} changes something");
        let undo = command.undo.clone().unwrap_or_else(|| panic!("{text} has an undo"));
        let undo = sql_with_values(&undo, |variable| {
            captured.iter().find(|(name, _)| **name == variable.name).map(|(_, value)| value.clone())
        });
        // Twice: an undo that was interrupted is performed again.
        for _ in 0..2 {
            self.perform(&undo).await.unwrap_or_else(|why| panic!("{text}: {undo}: {why}"));
            self.reload();
            assert_eq!(self.state(), before, "{text}: {undo}");
        }
    }

    /// The same in bash, where the statement is an argument of psql.
    fn put_back_by_psql(&self, text: &str) {
        let line = format!("psql -d {} -c \"{text}\"", self.database());
        let command = self.planned("bash", &line);
        let before = self.state();
        let captured = self.bash(command.capture.get("CAPTURED").unwrap(), "");
        self.bash(&line, "");
        self.reload();
        assert_ne!(self.state(), before, "{text} changes something");
        self.bash(&command.undo.unwrap(), captured.trim_end());
        self.reload();
        assert_eq!(self.state(), before, "{text}: {captured}");
    }

    fn bash(&self, text: &str, captured: &str) -> String {
        let path = format!("{}:{}", self.server.binaries().display(), std::env::var("PATH").unwrap());
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", text])
            .env("PATH", path)
            .env("PGHOST", "127.0.0.1")
            .env("PGPORT", self.server.port().to_string())
            .env("PGUSER", "allclear")
            .env("CAPTURED", captured)
            .output()
            .unwrap();
        assert!(output.status.success(), "{text}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The configuration as it is now, in a session of its own that waits until the server has read it.
    fn reload(&self) {
        let loaded = "SELECT pg_conf_load_time()";
        let before = self.psql(loaded);
        self.psql("SELECT pg_reload_conf()");
        allclear_testkit::eventually("the reload", std::time::Duration::from_secs(30), || {
            (self.psql(loaded) != before).then_some(())
        });
    }
}

#[tokio::test]
async fn settings_of_the_server_are_put_back() {
    // A server of its own: its settings are everybody's.
    let Some(server) = Postgres::start() else { return };
    let place = Place::new(&server, "ALTER SYSTEM SET log_line_prefix = '%m o''clock \\ '");
    for text in [
        "ALTER SYSTEM SET work_mem = '64MB'",
        "ALTER SYSTEM RESET log_line_prefix",
        "ALTER SYSTEM SET Log_Line_Prefix = '%p '",
        "ALTER SYSTEM SET search_path = shop, \"Odd, Name\", public",
        "ALTER SYSTEM RESET ALL",
    ] {
        place.put_back(text).await;
    }
    place.psql("ALTER SYSTEM SET search_path = \"$user\", shop");
    place.put_back("ALTER SYSTEM SET search_path = public").await;
    place.put_back("ALTER SYSTEM RESET search_path").await;
    place.put_back_by_psql("ALTER SYSTEM SET work_mem = '32MB'");
    place.put_back_by_psql("ALTER SYSTEM RESET log_line_prefix");
}

#[tokio::test]
async fn settings_of_databases_and_roles_are_put_back() {
    let Some(server) = Postgres::start() else { return };
    let before = "CREATE DATABASE \"Shop\";\nCREATE ROLE app LOGIN PASSWORD 'first';\nALTER DATABASE \"Shop\" SET work_mem = '5MB';\n\
                  ALTER ROLE app SET search_path = shop, public;\nALTER ROLE app IN DATABASE \"Shop\" SET work_mem = '6MB';\nALTER ROLE ALL SET work_mem = '7MB'";
    let place = Place::new(&server, before);
    for text in [
        "ALTER DATABASE \"Shop\" SET work_mem = '64MB'",
        "ALTER DATABASE \"Shop\" SET statement_timeout TO '30s'",
        "ALTER DATABASE \"Shop\" RESET work_mem",
        "ALTER DATABASE \"Shop\" RESET ALL",
        "ALTER ROLE app SET search_path = other",
        "ALTER ROLE app RESET search_path",
        "ALTER USER app SET work_mem = '1MB'",
        "ALTER ROLE app IN DATABASE \"Shop\" SET work_mem = '1MB'",
        "ALTER ROLE ALL IN DATABASE \"Shop\" SET work_mem = '1MB'",
        "ALTER ROLE ALL SET work_mem = '1MB'",
        "ALTER DATABASE \"Shop\" CONNECTION LIMIT 3",
        "ALTER DATABASE \"Shop\" WITH ALLOW_CONNECTIONS false",
        "ALTER ROLE app NOLOGIN",
        "ALTER ROLE app WITH CONNECTION LIMIT 4",
        "ALTER ROLE app PASSWORD 'second'",
        "ALTER DATABASE \"Shop\" RENAME TO shop_old",
        "ALTER ROLE app RENAME TO app_old",
    ] {
        place.put_back(text).await;
    }
    place.put_back_by_psql("ALTER DATABASE \\\"Shop\\\" SET work_mem = '32MB'");
    place.put_back_by_psql("ALTER ROLE app SET search_path = other");
}

#[tokio::test]
async fn what_there_is_in_a_database_is_put_back() {
    let Some(server) = Postgres::start() else { return };
    let before = "CREATE SCHEMA shop;\nCREATE TABLE shop.orders (id int, city text);\nCREATE TABLE plain (id int);\n\
                  CREATE UNIQUE INDEX orders_id ON shop.orders (id) WHERE id > 5;\nCREATE TABLE \"Odd\" (id int)";
    let place = Place::new(&server, before);
    for text in [
        "CREATE INDEX CONCURRENTLY orders_city ON shop.orders (city)",
        "CREATE UNIQUE INDEX IF NOT EXISTS plain_id ON plain USING btree (id)",
        "CREATE INDEX \"Odd_id\" ON \"Odd\" (id)",
        "DROP INDEX shop.orders_id",
        "DROP INDEX CONCURRENTLY IF EXISTS shop.orders_id",
        "ALTER TABLE shop.orders RENAME TO orders_old",
        "ALTER TABLE IF EXISTS plain RENAME TO plain_old",
        "ALTER INDEX shop.orders_id RENAME TO orders_ids",
        "ALTER TABLE \"Odd\" RENAME TO even",
        "ALTER TABLE shop.orders RENAME COLUMN city TO town",
        "ALTER SCHEMA shop RENAME TO shop_old",
        "CREATE DATABASE restored",
    ] {
        place.put_back(text).await;
    }
    place.put_back_by_psql("CREATE INDEX CONCURRENTLY orders_city ON shop.orders (city)");
}

#[tokio::test]
async fn what_was_there_before_is_not_taken_away_by_an_undo() {
    let Some(server) = Postgres::start() else { return };
    let place = Place::new(&server, "CREATE TABLE t (a int);\nCREATE INDEX t_a ON t (a)");
    for text in [
        "CREATE INDEX IF NOT EXISTS t_a ON t (a)".to_owned(),
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a)".to_owned(),
        format!("CREATE DATABASE {}", place.database()),
    ] {
        let command = place.planned("sql", &text);
        let captured = place.psql(&command.capture["CAPTURED"]);
        assert!(captured.starts_with("-- the ") && captured.ends_with(" was there before"), "{captured}");
        let before = place.state();
        place.perform(&sql_with_values(&command.undo.unwrap(), |_| Some(captured.clone()))).await.unwrap();
        assert_eq!(place.state(), before);
    }
}

#[tokio::test]
async fn a_half_built_index_is_taken_away() {
    let Some(server) = Postgres::start() else { return };
    let place = Place::new(&server, "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1), (1)");
    let text = "CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)";
    let command = place.planned("sql", text);
    let captured = place.psql(&command.capture["CAPTURED"]);
    let before = place.state();
    let why = place.perform(text).await.unwrap_err();
    assert!(why.contains("23505") && why.ends_with("an index that is not valid may be left behind"), "{why}");
    assert_ne!(place.state(), before);
    place.perform(&sql_with_values(&command.undo.unwrap(), |_| Some(captured.clone()))).await.unwrap();
    assert_eq!(place.state(), before);
}

/// From the weakest, as a statement and as `pg_locks` calls them.
const MODES: [(&str, &str); 6] = [
    ("ROW EXCLUSIVE", "RowExclusiveLock"),
    ("SHARE UPDATE EXCLUSIVE", "ShareUpdateExclusiveLock"),
    ("SHARE", "ShareLock"),
    ("SHARE ROW EXCLUSIVE", "ShareRowExclusiveLock"),
    ("EXCLUSIVE", "ExclusiveLock"),
    ("ACCESS EXCLUSIVE", "AccessExclusiveLock"),
];

#[test]
fn a_plan_says_the_lock_that_the_server_takes() {
    let Some(server) = Postgres::shared() else { return };
    let before = "CREATE TABLE r (x int PRIMARY KEY);\nCREATE TABLE t (x int);\nCREATE INDEX i ON t (x);\n\
                  ALTER TABLE t ADD CONSTRAINT old FOREIGN KEY (x) REFERENCES r NOT VALID";
    let place = Place::new(server, before);
    for (text, where_held) in [
        ("UPDATE t SET x = 1", "t"),
        ("ALTER TABLE t VALIDATE CONSTRAINT old", "t"),
        ("ALTER TABLE t ALTER COLUMN x SET STATISTICS 50", "t"),
        ("CREATE INDEX ON t (x)", "t"),
        ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES r (x) NOT VALID", "t"),
        ("ALTER TABLE t ADD FOREIGN KEY (x) REFERENCES r", "t"),
        ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES r (x), ADD COLUMN note text", "t"),
        ("ALTER TABLE t ADD FOREIGN KEY (x) REFERENCES r (x), ALTER COLUMN x TYPE bigint", "t"),
        ("ALTER TABLE t DISABLE TRIGGER ALL", "t"),
        ("ALTER TABLE t ADD COLUMN note text", "t"),
        ("ANALYZE t", "t"),
        ("TRUNCATE t", "t"),
        ("REINDEX TABLE t", "i"),
        ("REINDEX INDEX i", "i"),
    ] {
        let preview = place.planned("sql", text).preview.unwrap_or_else(|| panic!("{text} has a preview"));
        let held = place.psql(&format!(
            "BEGIN; {text}; SELECT mode FROM pg_locks WHERE relation = '{where_held}'::regclass AND pid = pg_backend_pid(); ROLLBACK"
        ));
        let (said, _) = MODES.iter().rfind(|(_, mode)| held.lines().any(|line| line == *mode)).unwrap();
        let said = if where_held == "i" { format!("SHARE, and {said} on its index (") } else { format!("'{said} (") };
        assert!(preview.contains(&said), "{text} takes {said}: {preview}");
    }
}

#[test]
fn the_look_of_psql_at_what_would_be_touched_is_one_transaction_that_cannot_write() {
    let Some(server) = Postgres::shared() else { return };
    let place = Place::new(server, "CREATE TABLE t (a int)");
    let command = format!("psql -d {} -c \"DELETE FROM t\"", place.database());
    let look = place.planned("bash", &command).preview.unwrap();
    // What is set for a transaction alone still holds behind the last query.
    for (setting, value) in [("transaction_read_only", "on"), ("lock_timeout", "2s"), ("statement_timeout", "8s")] {
        let shown = place.bash(&format!("{look} -c '\\pset tuples_only on' -c 'SHOW {setting}'"), "");
        assert_eq!(shown.split_whitespace().next_back(), Some(value), "{shown}");
    }
    let write = format!("if {look} -c 'INSERT INTO t VALUES (1)' 2>&1; then echo written; fi");
    let shown = place.bash(&write, "");
    assert!(shown.contains("cannot execute INSERT in a read-only transaction"), "{shown}");
    assert_eq!(place.psql("SELECT count(*) FROM t"), "0");
}
