//! What the rules about PostgreSQL claim, shown on a real server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use allclear_runbook::{Settings, Surroundings, lint, parse};
use allclear_testkit::{Postgres, eventually};

/// What a program said and how it ended.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn program(server: &Postgres, name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(server.binaries().join(name));
    command.args(["-h", "127.0.0.1", "-U", "allclear", "-p", &server.port().to_string()]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(server: &Postgres, name: &str, arguments: &[&str], input: &str) -> Ran {
    let mut child = program(server, name, arguments).spawn().unwrap();
    // A program that does not read its input may have closed it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ran { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// `psql` in a database, with more arguments.
fn psql(server: &Postgres, database: &str, arguments: &[&str]) -> Ran {
    run(server, "psql", &[&["-X", "-A", "-t", "-d", database], arguments].concat(), "")
}

/// A new database, by name.
fn database(server: &Postgres) -> String {
    server.database().rsplit('/').next().unwrap().to_owned()
}

/// A session that stays open after it has run a text; its name tells it apart.
struct Session(Child);

impl Session {
    fn open(server: &Postgres, database: &str, name: &str, text: &str) -> Self {
        let mut psql = program(server, "psql", &["-X", "-q", "-d", database]);
        let mut child = psql.env("PGAPPNAME", name).spawn().unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "{text}").unwrap();
        Self(child)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until a query answers `t`.
fn wait_for(server: &Postgres, condition: &str) {
    let holds = || (server.psql("postgres", &format!("SELECT {condition}")) == "t").then_some(());
    eventually(condition, Duration::from_secs(20), holds);
}

/// The rules that say something about these statements.
fn found(sql: &str) -> Vec<&'static str> {
    let text = format!("# Load\n\n**When**: always\n\n1. Do:\n```sql\n{sql}\n```\n");
    let (runbook, diagnostics) = parse("x.md", &text);
    let findings = lint(&runbook, &text, &diagnostics, &Surroundings::default(), &Settings::default());
    findings.iter().map(|finding| finding.rule.code).collect()
}

#[test]
fn a_reload_leaves_max_connections_as_it_was() {
    let Some(server) = Postgres::start() else { return };
    let before = server.psql("postgres", "SHOW max_connections");
    psql(&server, "postgres", &["-c", "ALTER SYSTEM SET max_connections = 51", "-c", "SELECT pg_reload_conf()"]);
    wait_for(&server, "pending_restart FROM pg_settings WHERE name = 'max_connections'");
    assert_eq!(server.psql("postgres", "SHOW max_connections"), before);
}

#[test]
fn every_setting_that_needs_a_restart_is_known() {
    let Some(server) = Postgres::shared() else { return };
    let settings = server.psql("postgres", "SELECT name FROM pg_settings WHERE context = 'postmaster'");
    for setting in settings.lines() {
        let found = found(&format!("ALTER SYSTEM SET {setting} = 1;"));
        assert!(found.contains(&"PG01"), "{setting}");
    }
    assert!(!found("ALTER SYSTEM SET work_mem = 1;").contains(&"PG01"));
}

#[test]
fn one_text_with_a_vacuum_fails_and_undoes_what_stood_in_front_of_it() {
    let Some(server) = Postgres::shared() else { return };
    let database = database(server);
    server.psql(&database, "CREATE TABLE t AS SELECT generate_series(1, 3)");
    for refusing in ["VACUUM t", "ALTER SYSTEM SET work_mem = '5MB'", "CREATE DATABASE never", "DROP DATABASE never"] {
        let ran = psql(server, &database, &["-c", &format!("DELETE FROM t; {refusing}")]);
        assert!(ran.code == 1 && ran.err.contains("cannot run inside a transaction block"), "{ran:?}");
        assert_eq!(server.psql(&database, "SELECT count(*) FROM t"), "3");
    }
    assert_eq!(psql(server, &database, &["-c", "DELETE FROM t", "-c", "VACUUM t"]).code, 0);
}

#[test]
fn psql_goes_on_after_an_error_and_exits_with_0() {
    let Some(server) = Postgres::shared() else { return };
    let database = database(server);
    let script = "CREATE TABLE a (x int);\nCREATE TABLE broken (x nosuch);\nCREATE TABLE b (x int);\n";
    let careless = run(server, "psql", &["-X", "-d", &database], script);
    assert!(careless.code == 0 && careless.err.contains("ERROR"), "{careless:?}");
    assert_eq!(server.psql(&database, "SELECT count(*) FROM pg_tables WHERE tablename IN ('a', 'b')"), "2");
    let careful = run(server, "psql", &["-X", "-d", &database, "-v", "ON_ERROR_STOP=1"], "SELEC 1;\n");
    assert_eq!(careful.code, 3);
}

#[test]
fn a_dump_made_with_create_goes_to_the_database_that_it_names() {
    let Some(server) = Postgres::shared() else { return };
    let (live, copy) = (database(server), database(server));
    server.psql(&live, "CREATE TABLE t AS SELECT generate_series(1, 3) AS x");
    let dump = run(server, "pg_dump", &["-C", &live], "").out;
    let restored = run(server, "psql", &["-X", "-q", "-d", &copy], &dump);
    assert_eq!(restored.code, 0);
    assert_eq!(server.psql(&live, "SELECT count(*) FROM t"), "6");
    assert_eq!(server.psql(&copy, "SELECT to_regclass('t') IS NULL"), "t");
}

#[test]
fn a_dump_restored_onto_its_data_doubles_the_rows() {
    let Some(server) = Postgres::shared() else { return };
    let database = database(server);
    server.psql(&database, "CREATE TABLE t AS SELECT generate_series(1, 3) AS x");
    let dump = run(server, "pg_dump", &[&database], "").out;
    assert_eq!(run(server, "psql", &["-X", "-q", "-d", &database], &dump).code, 0);
    assert_eq!(server.psql(&database, "SELECT count(*) FROM t"), "6");
}

#[test]
fn a_database_in_use_is_not_renamed_until_its_sessions_are_ended() {
    let Some(server) = Postgres::shared() else { return };
    let (used, dropped) = (database(server), database(server));
    let _pool = Session::open(server, &used, "pool", "SELECT 1;");
    let _job = Session::open(server, &dropped, "job", "SELECT 1;");
    wait_for(server, "count(*) = 2 FROM pg_stat_activity WHERE application_name IN ('pool', 'job')");
    let rename = format!("ALTER DATABASE {used} RENAME TO {used}_old");
    let refused = psql(server, "postgres", &["-c", &rename]);
    assert!(refused.err.contains("is being accessed by other users"), "{refused:?}");
    let end = format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{used}'");
    let keep_out = format!("ALTER DATABASE {used} ALLOW_CONNECTIONS false");
    let ended = psql(server, "postgres", &["-v", "ON_ERROR_STOP=1", "-c", &keep_out, "-c", &end, "-c", &rename]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let forced = psql(server, "postgres", &["-c", &format!("DROP DATABASE {dropped} WITH (FORCE)")]);
    assert_eq!(forced.code, 0, "{forced:?}");
}

#[test]
fn two_renames_in_one_transaction_happen_both_or_not_at_all() {
    let Some(server) = Postgres::shared() else { return };
    let (live, copy) = (database(server), database(server));
    let away = format!("ALTER DATABASE {live} RENAME TO {live}_old");
    let lost =
        psql(server, "postgres", &["-1", "-v", "ON_ERROR_STOP=1", "-c", &away, "-c", "ALTER DATABASE no RENAME TO x"]);
    assert_ne!(lost.code, 0);
    wait_for(server, &format!("count(*) = 1 FROM pg_database WHERE datname = '{live}'"));
    let back = format!("ALTER DATABASE {copy} RENAME TO {live}");
    assert_eq!(psql(server, "postgres", &["-1", "-c", &away, "-c", &back]).code, 0);
}

#[test]
fn a_walsender_is_active_for_long_and_belongs_to_no_database() {
    let Some(server) = Postgres::start() else { return };
    let folder = std::env::temp_dir().join(format!("allclear-wal-{}", server.port()));
    std::fs::create_dir(&folder).unwrap();
    let receiver = program(&server, "pg_receivewal", &["-D", folder.to_str().unwrap(), "--no-loop"]).spawn().unwrap();
    let _receiver = Session(receiver);
    wait_for(&server, "count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'walsender' AND state = 'active'");
    let long = "state = 'active' AND now() - query_start > interval '0.2 seconds'";
    wait_for(&server, &format!("count(*) = 1 FROM pg_stat_activity WHERE {long} AND backend_type = 'walsender'"));
    assert_eq!(
        server.psql("postgres", "SELECT datname IS NULL FROM pg_stat_activity WHERE backend_type = 'walsender'"),
        "t"
    );
    let clients = format!("SELECT count(*) FROM pg_stat_activity WHERE {long} AND backend_type = 'client backend'");
    assert_eq!(server.psql("postgres", &clients), "0");
    server.psql("postgres", &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {long}"));
    wait_for(&server, "count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'walsender'");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_session_that_meets_its_own_condition_ends_itself() {
    let Some(server) = Postgres::shared() else { return };
    let database = database(server);
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()";
    let ended = psql(server, &database, &["-c", end]);
    assert!(ended.code != 0 && ended.err.contains("terminating connection due to administrator command"), "{ended:?}");
    assert_eq!(psql(server, &database, &["-c", &format!("{end} AND pid <> pg_backend_pid()")]).code, 0);
}

#[test]
fn the_query_of_a_session_that_has_just_become_idle_began_long_before() {
    let Some(server) = Postgres::shared() else { return };
    let _session = Session::open(server, "postgres", "slow", "SELECT pg_sleep(0.4);");
    // A session is idle before its first query, too.
    let idle = "FROM pg_stat_activity WHERE application_name = 'slow' AND state = 'idle' AND query <> ''";
    wait_for(server, &format!("count(*) = 1 {idle}"));
    assert_eq!(server.psql("postgres", &format!("SELECT state_change - query_start >= interval '0.4 s' {idle}")), "t");
}

#[test]
fn where_does_not_know_the_names_of_output_columns() {
    let Some(server) = Postgres::shared() else { return };
    let query = "SELECT now() - query_start AS duration FROM pg_stat_activity WHERE duration > interval '1 s'";
    let ran = psql(server, "postgres", &["-c", query]);
    assert!(ran.err.contains("column \"duration\" does not exist"), "{ran:?}");
    assert!(found(&format!("{query};")).contains(&"PG12"));
}

#[test]
fn the_columns_of_the_views_that_are_asked_are_known() {
    let Some(server) = Postgres::shared() else { return };
    let columns = server.psql(
        "postgres",
        "SELECT relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE attnum > 0 AND relname IN \
         ('pg_stat_activity', 'pg_stat_replication', 'pg_replication_slots', 'pg_locks', 'pg_stat_user_tables', \
          'pg_stat_database', 'pg_settings', 'pg_database')",
    );
    assert!(columns.lines().count() > 100);
    for line in columns.lines() {
        let (view, column) = line.split_once('|').unwrap();
        let found = found(&format!("SELECT 1 FROM {view} WHERE {column} IS NULL;"));
        assert!(!found.contains(&"PG12"), "{view}.{column}");
    }
}

#[test]
fn an_ordinary_role_sees_nobody_elses_state() {
    let Some(server) = Postgres::shared() else { return };
    let database = database(server);
    server.psql("postgres", "CREATE ROLE shop_app LOGIN");
    let _writer = Session::open(server, &database, "writer", "SELECT pg_sleep(60);");
    wait_for(server, "count(*) = 1 FROM pg_stat_activity WHERE application_name = 'writer' AND state = 'active'");
    let active = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND datname = '{database}' AND pid <> pg_backend_pid()"
    );
    let asked = || psql(server, &database, &["-U", "shop_app", "-c", &active]).out;
    assert_eq!(asked(), "0");
    server.psql("postgres", "GRANT pg_monitor TO shop_app");
    assert_eq!(asked(), "1");
}

#[test]
fn without_a_database_psql_asks_for_one_named_like_the_user() {
    let Some(server) = Postgres::shared() else { return };
    let ran = run(server, "psql", &["-X", "-c", "SELECT 1"], "");
    assert!(ran.code == 2 && ran.err.contains("database \"allclear\" does not exist"), "{ran:?}");
}

#[test]
fn a_backslash_command_behind_sql_is_sent_to_the_server() {
    let Some(server) = Postgres::shared() else { return };
    for text in ["SELECT 1; \\i fix.sql", "SELECT 1 \\gx"] {
        let ran = psql(server, "postgres", &["-c", text]);
        assert!(ran.code == 1 && ran.err.contains("syntax error at or near \"\\\""), "{ran:?}");
    }
    assert_eq!(psql(server, "postgres", &["-c", "\\x", "-c", "SELECT 1"]).code, 0);
}

#[test]
fn each_restore_tool_refuses_the_other_ones_dump() {
    let Some(server) = Postgres::shared() else { return };
    let database = database(server);
    let plain = run(server, "pg_dump", &[&database], "").out;
    let refused = run(server, "pg_restore", &["-d", &database], &plain);
    assert!(refused.code != 0 && refused.err.contains("appears to be a text format dump"), "{refused:?}");
    let folder = std::env::temp_dir().join(format!("allclear-dump-{database}-{}", server.port()));
    run(server, "pg_dump", &["-Fc", "-f", folder.to_str().unwrap(), &database], "");
    let taken = psql(server, &database, &["-v", "ON_ERROR_STOP=1", "-f", folder.to_str().unwrap()]);
    assert!(taken.code != 0 && taken.out.contains("custom-format dump"), "{taken:?}");
    std::fs::remove_file(folder).unwrap();
}

#[test]
fn a_failed_concurrent_build_leaves_an_invalid_index_that_if_not_exists_skips() {
    let Some(server) = Postgres::shared() else { return };
    let database = database(server);
    server.psql(&database, "CREATE TABLE t AS SELECT 1 AS x FROM generate_series(1, 2)");
    let build = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ux ON t (x)";
    assert_eq!(psql(server, &database, &["-c", build]).code, 1);
    let invalid = "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid";
    assert_eq!(server.psql(&database, invalid), "ux");
    assert_eq!(psql(server, &database, &["-c", build]).code, 0);
    assert_eq!(server.psql(&database, invalid), "ux");
}

#[test]
fn plain_index_builds_keep_writers_out_and_full_vacuums_readers() {
    let Some(server) = Postgres::shared() else { return };
    let database = database(server);
    server.psql(&database, "CREATE TABLE t AS SELECT 1 AS x");
    server.psql(&database, "CREATE INDEX i ON t (x)");
    for build in ["CREATE INDEX j ON t (x)", "REINDEX TABLE t"] {
        let locks = "SELECT mode FROM pg_locks WHERE relation = 't'::regclass AND mode = 'ShareLock'";
        assert!(
            psql(server, &database, &["-c", &format!("BEGIN; {build}; {locks}; ROLLBACK")]).out.contains("ShareLock")
        );
    }
    let _reader = Session::open(server, &database, "reader", "BEGIN; SELECT * FROM t;");
    wait_for(
        server,
        "count(*) = 1 FROM pg_stat_activity WHERE application_name = 'reader' AND state = 'idle in transaction'",
    );
    for rewrite in ["VACUUM FULL t", "CLUSTER t USING i"] {
        let ran = psql(server, &database, &["-c", "SET lock_timeout = '100ms'", "-c", rewrite]);
        assert!(ran.err.contains("lock timeout"), "{ran:?}");
    }
    assert_eq!(psql(server, &database, &["-c", "SET lock_timeout = '100ms'", "-c", "VACUUM t"]).code, 0);
}

#[test]
fn a_program_of_the_shell_is_a_syntax_error_in_sql() {
    let Some(server) = Postgres::shared() else { return };
    let ran = psql(server, "postgres", &["-c", "SELECT pg_ctl stop -D /data"]);
    assert!(ran.err.contains("syntax error"), "{ran:?}");
    assert!(found("SELECT pg_ctl stop -D /data;").contains(&"PG22"));
}

#[test]
fn a_promoted_or_primary_server_says_that_it_is_not_in_recovery() {
    let Some(server) = Postgres::shared() else { return };
    assert_eq!(server.psql("postgres", "SELECT pg_is_in_recovery()"), "f");
}

#[test]
fn a_standby_with_fewer_connections_than_its_primary_does_not_start() {
    let Some(primary) = Postgres::start_with(&["max_connections=20"]) else { return };
    let said = primary.standby_with(&["max_connections=12"]).expect_err("the standby starts");
    assert!(said.contains("insufficient parameter settings"), "{said}");
    let standby = primary.standby_with(&["max_connections=20"]).unwrap();
    assert_eq!(standby.psql("postgres", "SELECT pg_is_in_recovery()"), "t");
}
