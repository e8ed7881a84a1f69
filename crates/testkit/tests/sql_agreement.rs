//! What Allclear says of SQL is what a real PostgreSQL says of it.

use std::process::Command;

use allclear_core::EffectClass;
use allclear_runbook::{parse, sql_errors};
use allclear_testkit::Postgres;

#[rustfmt::skip]
const VALID: &[&str] = &[
    "SELECT 1",
    "TABLE orders",
    "VALUES (1, 'x'), (2, NULL)",
    "SELECT a, count(*) FROM t WHERE b IS NOT NULL GROUP BY ROLLUP (a) HAVING count(*) > 1 ORDER BY 2 DESC NULLS LAST LIMIT 5",
    "SELECT pid, now() - query_start AS duration FROM pg_stat_activity WHERE state = 'active' AND query_start < now() - interval '5 min'",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r",
    "WITH gone AS (DELETE FROM t RETURNING *) SELECT count(*) FROM gone",
    "SELECT * FROM a LEFT JOIN LATERAL (SELECT 1) b ON true CROSS JOIN c",
    "SELECT array_agg(x ORDER BY y) FILTER (WHERE z) OVER (PARTITION BY a ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t",
    "SELECT DISTINCT ON (a) a, b FROM t FOR UPDATE SKIP LOCKED",
    "SELECT extract(epoch FROM now()), substring('x' FROM 1 FOR 1), 'a' || 'b', '1'::int, CAST(1 AS text)",
    "SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) FROM t",
    "SELECT e'\\n', $$it's$$, $tag$ $$ $tag$, U&'\\0041', B'101', X'1F'",
    "SELECT a ->> 'b', a #> '{x}', a @> '{}', NOT a, - a, a IS DISTINCT FROM b FROM t",
    "SELECT * FROM generate_series(1, 3) WITH ORDINALITY AS g (x, n)",
    "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = excluded.a RETURNING a",
    "INSERT INTO t DEFAULT VALUES",
    "UPDATE t SET (a, b) = (1, DEFAULT) FROM u WHERE t.id = u.id",
    "DELETE FROM ONLY t USING u WHERE t.id = u.id",
    "MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1)",
    "TRUNCATE TABLE a, b RESTART IDENTITY CASCADE",
    "ALTER SYSTEM SET max_connections = 50",
    "ALTER SYSTEM SET shared_preload_libraries TO 'a', 'b'",
    "ALTER SYSTEM RESET ALL",
    "ALTER DATABASE shop RENAME TO shop_old",
    "ALTER DATABASE shop WITH ALLOW_CONNECTIONS false CONNECTION LIMIT 0",
    "ALTER DATABASE shop SET default_transaction_read_only = on",
    "ALTER ROLE app SET statement_timeout = '5s'",
    "ALTER ROLE app WITH PASSWORD 'x' VALID UNTIL 'infinity'",
    "ALTER TABLE IF EXISTS t ADD COLUMN c int NOT NULL DEFAULT 0, DROP COLUMN d CASCADE",
    "ALTER TABLE t ALTER COLUMN c TYPE bigint USING c::bigint",
    "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
    "ALTER TABLE t VALIDATE CONSTRAINT c",
    "ALTER INDEX i RENAME TO j",
    "ALTER SEQUENCE s RESTART WITH 100",
    "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text COLLATE \"C\" CHECK (a <> '')) PARTITION BY RANGE (id)",
    "CREATE TABLE a AS SELECT 1 WITH NO DATA",
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t USING btree (lower(a) DESC, b) INCLUDE (c) WHERE d",
    "CREATE INDEX ON t (a)",
    "CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA public",
    "CREATE DATABASE a TEMPLATE template0 ENCODING 'UTF8'",
    "CREATE ROLE a LOGIN PASSWORD 'x'",
    "CREATE PUBLICATION p FOR ALL TABLES",
    "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN a; END $$",
    "CREATE MATERIALIZED VIEW v AS SELECT 1",
    "DROP DATABASE IF EXISTS shop WITH (FORCE)",
    "DROP INDEX CONCURRENTLY IF EXISTS a, b",
    "DROP TABLE a, b CASCADE",
    "DROP OWNED BY app",
    "REINDEX (VERBOSE) TABLE CONCURRENTLY t",
    "REINDEX DATABASE shop",
    "VACUUM (FULL, ANALYZE, VERBOSE) t (a)",
    "VACUUM FULL VERBOSE t",
    "ANALYZE VERBOSE t (a, b)",
    "CLUSTER t USING i",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
    "COPY t (a) FROM '/tmp/x' WITH (FORMAT csv, HEADER)",
    "COPY (SELECT 1) TO PROGRAM 'gzip'",
    "EXPLAIN (ANALYZE, BUFFERS, FORMAT json) SELECT 1",
    "EXPLAIN ANALYZE VERBOSE DELETE FROM t",
    "SET LOCAL lock_timeout TO '2s'",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "SHOW ALL",
    "RESET ROLE",
    "LOCK TABLE t IN ACCESS EXCLUSIVE MODE NOWAIT",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO a WITH GRANT OPTION",
    "REVOKE CONNECT ON DATABASE shop FROM PUBLIC",
    "REASSIGN OWNED BY a TO b",
    "COMMENT ON TABLE t IS 'x'",
    "DO $$ BEGIN PERFORM 1; END $$",
    "CALL p(1)",
    "NOTIFY c, 'x'",
    "CHECKPOINT",
    "SECURITY LABEL ON TABLE t IS 'x'",
];

#[rustfmt::skip]
const INVALID: &[&str] = &[
    "SELEC 1",
    "SELECT 1 FROM",
    "SELECT * FROM t WHERE",
    "SELECT pg_ctl stop -D /data",
    "SELECT (1",
    "SELECT 1)",
    "SELECT 'x",
    "SELECT * FROM t WHERE a = = 1",
    "SELECT * FROM t LIMIT 5, 10",
    "SHOW PROCESSLIST FULL",
    "SHOW TABLES LIKE 'x'",
    "DELETE t WHERE a = 1",
    "DELETE FROM t LIMIT 1",
    "DELETE * FROM t",
    "UPDATE t a = 1",
    "UPDATE SET a = 1",
    "INSERT t VALUES (1)",
    "ALTER SYSTEM max_connections = 50",
    "ALTER DATABASE RENAME TO b",
    "ALTER TABLE t RENAME a b",
    "DROP DATABASE a, b",
    "DROP TABLE IF EXIST t",
    "DROP DATABASE shop FORCE",
    "CREATE INDEX i ON t",
    "CREATE CONCURRENTLY INDEX i ON t (a)",
    "CREATE TABLE t (a int,)",
    "KILL 4711",
    "VACUUM t FULL",
    "TRUNCATE FROM t",
    "GRANT SELECT t TO a",
    "KILL QUERY 1",
    "USE shop",
    "EXPLAIN ANALYZE",
];

/// Whether the server understands a text. In a failed transaction it reads, and does not run, what it is given.
fn server_understands(server: &Postgres, text: &str) -> bool {
    let mut psql = Command::new(server.binaries().join("psql"));
    psql.args(["-X", "-h", "127.0.0.1", "-U", "allclear", "-d", "postgres", "-v", "VERBOSITY=sqlstate"]);
    psql.args(["-p", &server.port().to_string(), "-c", "BEGIN", "-c", "SELECT 1/0", "-c", text]);
    let said = psql.output().expect("psql starts").stderr;
    let said = String::from_utf8_lossy(&said);
    match said.lines().last().unwrap_or_default() {
        "ERROR:  25P02" => true,
        "ERROR:  42601" => false,
        other => panic!("{text}: {other}"),
    }
}

#[test]
fn what_is_understood_here_is_understood_there() {
    let Some(server) = Postgres::shared() else { return };
    let mut wrong = Vec::new();
    for (texts, valid) in [(VALID, true), (INVALID, false)] {
        for text in texts {
            if server_understands(server, text) != valid {
                wrong.push(format!("PostgreSQL: {text}"));
            }
            let errors = sql_errors(text);
            if errors.is_empty() != valid {
                wrong.push(format!("Allclear: {text}: {errors:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Effects of `SELECT f()` for all these functions.
fn effects(functions: &[&str]) -> Vec<EffectClass> {
    let fences = functions.iter().map(|function| format!("```sql\nSELECT {function}();\n```\n\n"));
    let (runbook, _) = parse("x.md", &format!("# X\n\n## Steps\n\n{}", fences.collect::<String>()));
    let steps = runbook.procedures.iter().flat_map(|procedure| &procedure.steps);
    steps.flat_map(|step| &step.commands).map(|command| command.effect).collect()
}

#[test]
fn a_function_that_may_change_something_does_not_observe() {
    /// Volatile for another reason: what they look at moves.
    const LOOK_ONLY: &str = "pg_blocking_pids clock_timestamp random timeofday pg_sleep pg_stat_file pg_ls_waldir \
        pg_current_logfile pg_lock_status pg_database_size pg_relation_size pg_table_size pg_total_relation_size \
        pg_indexes_size pg_tablespace_size pg_is_in_recovery pg_is_wal_replay_paused pg_get_wal_replay_pause_state \
        pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_current_wal_lsn \
        pg_current_wal_insert_lsn pg_current_wal_flush_lsn pg_control_checkpoint pg_safe_snapshot_blocking_pids";
    let Some(server) = Postgres::shared() else { return };
    let volatile = server.psql(
        "postgres",
        "SELECT DISTINCT proname FROM pg_proc WHERE provolatile = 'v' AND proname ~ '^[a-z_0-9]+$' AND NOT EXISTS \
         (SELECT 1 FROM pg_proc other WHERE other.proname = pg_proc.proname AND other.provolatile <> 'v')",
    );
    let volatile: Vec<&str> = volatile.lines().collect();
    let effects = effects(&volatile);
    assert_eq!(effects.len(), volatile.len(), "one command for each function");
    let reviewed = |function: &str| LOOK_ONLY.split_whitespace().any(|known| known == function);
    let observing = volatile.iter().zip(effects).filter(|(_, effect)| *effect == EffectClass::Observe);
    let wrong: Vec<&str> = observing.map(|(function, _)| *function).filter(|function| !reviewed(function)).collect();
    assert_eq!(wrong, Vec::<&str>::new());
}
