//! What a plan shows of real servers before anything is performed: locks and rows, sessions, keys, room on the disk.
//!
//! Invariant: whatever is looked at is afterwards as it was before.

mod support;

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use allclear_testkit::{Postgres, Redis, eventually};
use serde_json::Value;
use support::{CONFIG, Place};

const LIMIT: Duration = Duration::from_secs(20);

/// A database with a table that somebody reads all the time.
struct Shop {
    postgres: &'static Postgres,
    database: String,
    place: Place,
    reader: Child,
}

impl Shop {
    fn open() -> Option<Self> {
        let postgres = Postgres::shared()?;
        let url = postgres.database();
        let database = url.rsplit('/').next().unwrap_or_default().to_owned();
        let make = "CREATE TABLE orders AS SELECT id, 'Berlin' AS city FROM generate_series(1, 1000) id; \
                    CREATE TABLE cities (name text); CREATE INDEX orders_id ON orders (id); ANALYZE orders;";
        postgres.psql(&database, make);
        let mut reader = Command::new(postgres.binaries().join("psql"));
        reader.args(["-X", "-h", "127.0.0.1", "-U", "allclear", "-p", &postgres.port().to_string(), "-d", &database]);
        reader.args(["-c", "SELECT count(*) FROM (SELECT pg_sleep(60) FROM orders LIMIT 1) AS slow"]);
        reader.env("PGAPPNAME", "batch").stdout(Stdio::null()).stderr(Stdio::null());
        let reader = reader.spawn().expect("psql starts");
        let path = format!("{}:{}", postgres.binaries().display(), std::env::var("PATH").expect("a path"));
        let place = Place::new();
        let target = format!("{CONFIG}\n[target.shop]\npostgres = \"{url}\"\n[target.shop.env]\nPATH = \"{path}\"\n");
        place.write("allclear.toml", &target);
        let shop = Self { postgres, database, place, reader };
        eventually("somebody reads", LIMIT, || (shop.readers() == "1").then_some(()));
        Some(shop)
    }

    fn readers(&self) -> String {
        let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'batch' AND state = 'active' \
                     AND datname = current_database()";
        self.postgres.psql(&self.database, count)
    }

    /// What the plan shows of the one command.
    fn shown(&self, language: &str, command: &str) -> String {
        shown(&self.place, "shop", language, command)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.reader.kill();
        let _ = self.reader.wait();
    }
}

fn shown(place: &Place, target: &str, language: &str, command: &str) -> String {
    let live = live(place, target, language, command);
    live["shown"].as_str().map(str::to_owned).unwrap_or_else(|| panic!("{command}: {live}"))
}

/// What was found out about the one command.
fn live(place: &Place, target: &str, language: &str, command: &str) -> Value {
    place.write("runbook.md", &format!("# Shop\n\n## Mend\n\n1. Do it:\n```{language}\n{command}\n```\n"));
    let mut plan: Value = place.json(&["plan", "runbook.md", "mend", "--target", target]);
    plan["steps"][0]["commands"][0]["live"].take()
}

#[test]
fn sql_is_shown_with_its_rows_its_lock_and_who_is_in_the_way() {
    let Some(shop) = Shop::open() else { return };
    for (command, sentences) in [
        (
            "UPDATE orders SET city = 'Bonn' WHERE id < 10;",
            ["ROW EXCLUSIVE (rows it changes are locked) | 0 ", "Update on orders", "| yes"],
        ),
        ("INSERT INTO cities SELECT city FROM orders;", ["ROW EXCLUSIVE", "Insert on cities", "rows=1000"]),
        ("DELETE FROM orders;", ["| 1000 ", "Delete on orders", "| yes"]),
        (
            "ALTER TABLE orders ADD COLUMN note text;",
            ["ACCESS EXCLUSIVE (reads and writes wait) | 1 ", "| 1000 ", "kB"],
        ),
        ("CREATE INDEX orders_city ON orders (city);", ["SHARE (writes wait)", "| 0 ", "orders"]),
        ("DROP INDEX orders_id;", ["ACCESS EXCLUSIVE (reads and writes wait) | 1 ", " orders", "| yes"]),
        ("TRUNCATE orders, cities;", [" orders", " cities", "| unknown "]),
        ("DROP TABLE nowhere;", ["(0 rows)", "lock", "size"]),
    ] {
        let shown = shop.shown("sql", command);
        for sentence in sentences {
            assert!(shown.contains(sentence), "{command}: {sentence:?} is not in\n{shown}");
        }
    }
    assert_eq!(shop.postgres.psql(&shop.database, "SELECT count(*) FROM orders WHERE city = 'Berlin'"), "1000");
    assert_eq!(shop.readers(), "1");
}

#[test]
fn psql_in_a_shell_shows_the_same() {
    let Some(shop) = Shop::open() else { return };
    let shown = shop.shown("bash", "psql -c \"DELETE FROM orders WHERE id = 5\"");
    assert!(shown.contains("ROW EXCLUSIVE") && shown.contains("Delete on orders"), "{shown}");
    assert_eq!(shop.postgres.psql(&shop.database, "SELECT count(*) FROM orders"), "1000");
}

#[test]
fn the_sessions_that_would_end_are_counted_and_live_on() {
    let Some(shop) = Shop::open() else { return };
    let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
               AND pid <> pg_backend_pid();";
    let slow = "SELECT pg_cancel_backend(a.pid), a.state FROM pg_stat_activity a WHERE a.application_name = 'batch' \
                AND now() - a.query_start > interval '1 ms' ORDER BY a.query_start LIMIT 1;";
    for (language, command) in
        [("sql", all.to_owned()), ("sql", slow.to_owned()), ("bash", format!("psql -c \"{all}\""))]
    {
        let shown = shop.shown(language, &command);
        let hit = shown.lines().find(|line| line.contains("batch")).unwrap_or_else(|| panic!("{command}\n{shown}"));
        let cells: Vec<&str> = hit.split('|').map(str::trim).collect();
        assert_eq!(cells[1..], ["batch", "active", "1", "yes"], "{command}\n{shown}");
        assert_eq!(shop.readers(), "1", "{command} was not performed");
    }
}

#[test]
fn a_role_that_may_not_is_told_so() {
    let Some(shop) = Shop::open() else { return };
    let role = format!("clerk_{}", shop.database);
    let make = format!("CREATE ROLE {role} LOGIN; GRANT SELECT ON orders TO {role};");
    shop.postgres.psql(&shop.database, &make);
    let url = format!("postgres://{role}@127.0.0.1:{}/{}", shop.postgres.port(), shop.database);
    shop.place.write("allclear.toml", &format!("{CONFIG}\n[target.shop]\npostgres = \"{url}\"\n"));
    for (command, sentence) in [
        ("ALTER TABLE orders ADD COLUMN note text;", "| no"),
        ("CREATE DATABASE archive;", " no "),
        ("ALTER SYSTEM SET work_mem = '8MB';", "| off"),
        ("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'batch';", "| no"),
    ] {
        let shown = shop.shown("sql", command);
        assert!(shown.contains(sentence), "{command}: {sentence:?} is not in\n{shown}");
    }
    let live = live(&shop.place, "shop", "sql", "DELETE FROM orders WHERE id = 1;");
    let unknown = live["unknown"].as_str().unwrap_or_default();
    assert!(unknown.contains("| no") && unknown.contains("permission denied"), "what is known is said: {live}");
}

#[test]
fn there_is_room_for_a_dump_or_there_is_not() {
    let Some(shop) = Shop::open() else { return };
    let folder = shop.place.path("").display().to_string();
    for command in [
        format!("pg_dump -Fc -f {folder}/shop.dump"),
        format!("pg_dump {} | gzip > \"{folder}/shop-$(date +%F).sql.gz\"", shop.database),
        format!("pg_dumpall -l postgres > {folder}/all.sql"),
    ] {
        let shown = shop.shown("bash", &command);
        assert!(shown.starts_with("the database takes ") && shown.contains("; free where it is written: "), "{shown}");
        assert!(shown.ends_with(" MB"), "a few megabytes have room: {shown}");
    }
    shop.place.write("large", &"x".repeat(3 * 1024 * 1024));
    let shown = shop.shown("bash", &format!("tar czf {folder}/kept.tgz {folder}/large"));
    assert!(shown.starts_with("what is packed takes 3 MB"), "{shown}");
    // Whatever is packed, the kernel's list of processes has no room for it.
    let shown = shop.shown("bash", &format!("tar czf /proc/kept.tgz {folder}/large"));
    assert!(shown.ends_with("there is no room for it, unless it is compressed"), "{shown}");
    assert!(!shop.place.path("shop.dump").exists() && !shop.place.path("kept.tgz").exists());
}

#[test]
fn the_keys_that_a_pattern_matches_are_counted_and_stay() {
    let Some(redis) = Redis::start() else { return };
    let place = Place::new();
    place.write("allclear.toml", &format!("{CONFIG}\n[target.cache]\n"));
    let client = format!("redis-cli -p {}", redis.port());
    let bash = |text: &str| {
        let output = Command::new("bash").args(["-c", text]).output().expect("bash starts");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    bash(&format!("for n in $(seq 1 120); do echo SET cache:$n {}; done | {client}", "x".repeat(200)));
    bash(&format!("for n in $(seq 1 5); do echo SET cart:$n full; done | {client}"));
    for (command, count) in [
        (format!("{client} --scan --pattern 'cache:*' | xargs {client} DEL"), 120),
        (format!("{client} KEYS 'cart:*' | xargs -n 100 {client} UNLINK"), 5),
        (format!("{client} --scan --pattern '*' | grep -v cart | xargs -r {client} unlink"), 120),
        (format!("{client} --scan --pattern 'cache:1*' | tr '\\n' '\\0' | xargs -0 {client} del"), 32),
        (format!("{client} --scan --pattern 'none:*' | xargs -r {client} del"), 0),
    ] {
        let shown = shown(&place, "cache", "bash", &command);
        assert!(shown.starts_with(&format!("keys that match: {count} of 125")), "{command}: {shown}");
        let memory = shown.lines().find_map(|line| line.strip_prefix("memory that they take, about: "));
        let bytes = memory.and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok()).unwrap_or_default();
        let each = bytes.checked_div(count).unwrap_or_default();
        assert!(count == 0 && memory.is_none() || (40..400).contains(&each), "{command}: {shown}");
    }
    assert_eq!(bash(&format!("{client} DBSIZE")), "125");
    let shown = shown(&place, "cache", "bash", &format!("{client} --rdb {}", place.path("dump.rdb").display()));
    assert!(shown.starts_with("Redis takes ") && shown.ends_with(" MB"), "{shown}");
}
