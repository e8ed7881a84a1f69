//! What the rules about Redis claim, shown on a real server.

use std::process::{Command, Output};

use allclear_testkit::Redis;

/// A server with what the programs of a shell say to it; `REDIS` in the text is the client with its port.
fn shell(redis: &Redis, text: &str) -> Output {
    let text = text.replace("REDIS ", &format!("redis-cli -p {} ", redis.port()));
    let output = Command::new("bash").args(["-c", &text]).output();
    output.expect("bash is there wherever the tests run")
}

fn said(redis: &Redis, text: &str) -> String {
    let output = shell(redis, text);
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)).trim().to_owned()
}

/// The server, and the client beside it.
fn server(arguments: &[&str]) -> Option<Redis> {
    let redis = Redis::start_with(arguments)?;
    if Command::new("redis-cli").arg("--version").output().is_err() {
        eprintln!("skipped: redis-cli is not installed");
        return None;
    }
    Some(redis)
}

#[test]
fn rd01_flushall_async_empties_at_once_and_expired_keys_are_gone_already() {
    let Some(redis) = server(&[]) else { return };
    assert_eq!(said(&redis, "REDIS SET live 1; REDIS SET old 1 PXAT 1; REDIS EXISTS old"), "OK\nOK\n0");
    assert_eq!(said(&redis, "REDIS FLUSHALL ASYNC; REDIS DBSIZE"), "OK\n0");
}

#[test]
fn rd02_a_quote_in_a_key_ends_xargs_midway_and_a_blank_names_other_keys() {
    let Some(redis) = server(&[]) else { return };
    shell(&redis, "REDIS SET 'a b' 1; REDIS SET a 1; REDIS SET b 1");
    assert_eq!(said(&redis, "REDIS --scan --pattern 'a b' | xargs REDIS DEL; REDIS EXISTS 'a b'"), "2\n1");
    shell(&redis, "REDIS FLUSHALL; REDIS SET \"o'neil\" 1");
    let quoted = shell(&redis, "REDIS --scan | xargs REDIS DEL");
    assert!(!quoted.status.success());
    assert!(String::from_utf8_lossy(&quoted.stderr).contains("unmatched single quote"));
    assert_eq!(said(&redis, "REDIS --scan | xargs -r -d '\\n' -n 500 REDIS UNLINK; REDIS DBSIZE"), "1\n0");
}

#[test]
fn rd02_an_empty_list_still_runs_the_command() {
    let Some(redis) = server(&[]) else { return };
    let empty = said(&redis, "REDIS --scan --pattern 'nothing:*' | xargs REDIS DEL");
    assert!(empty.contains("wrong number of arguments"), "{empty}");
}

#[test]
fn rd02_a_cluster_refuses_keys_of_several_slots() {
    let Some(redis) = server(&["--cluster-enabled", "yes"]) else { return };
    shell(&redis, "REDIS CLUSTER ADDSLOTSRANGE 0 16383");
    let refused = said(&redis, "REDIS DEL a b");
    assert!(refused.contains("CROSSSLOT"), "{refused}");
}

#[test]
fn rd04_a_glob_is_taken_as_the_name_of_one_key() {
    let Some(redis) = server(&[]) else { return };
    assert_eq!(said(&redis, "REDIS SET session:1 x; REDIS TTL 'session:*'; REDIS DEL 'session:*'"), "OK\n-2\n0");
    assert_eq!(said(&redis, "REDIS EXISTS 'session:*' session:1"), "1");
}

#[test]
fn rd05_a_script_can_ask_for_all_keys_too() {
    let Some(redis) = server(&[]) else { return };
    assert_eq!(said(&redis, "REDIS SET a 1; REDIS EVAL \"return #redis.call('keys', '*')\" 0"), "OK\n1");
    assert_eq!(said(&redis, "REDIS --scan --pattern 'a*'"), said(&redis, "REDIS KEYS 'a*'"));
}

#[test]
fn rd06_config_set_is_kept_only_where_a_file_is_and_rewritten() {
    let Some(without) = server(&[]) else { return };
    assert_eq!(said(&without, "REDIS CONFIG SET maxmemory 64mb"), "OK");
    assert_eq!(said(&without, "REDIS CONFIG REWRITE"), "ERR The server is running without a config file");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("redis.conf");
    std::fs::write(&file, "maxmemory 32mb\n").unwrap();
    let with_a_file = format!(
        "cd {} && {{ timeout 60 redis-server redis.conf --port 0 --unixsocket socket --save '' >log & }}
         client() {{ redis-cli -s socket \"$@\"; }}
         until client PING 2>&1 | grep -q PONG; do :; done
         client CONFIG SET maxmemory 64mb; cat redis.conf; client CONFIG REWRITE; client SHUTDOWN NOSAVE; wait",
        folder.path().display()
    );
    assert_eq!(said(&without, &with_a_file), "OK\nmaxmemory 32mb\nOK", "setting alone left the file as it was");
    let after = std::fs::read_to_string(&file).unwrap();
    assert!(after.contains("maxmemory 64mb"), "{after}");
}

#[test]
fn rd07_an_error_of_the_server_ends_with_0_unless_e_is_given() {
    let Some(redis) = server(&[]) else { return };
    shell(&redis, "REDIS CONFIG SET requirepass once");
    let refused = shell(&redis, "REDIS SET a 1");
    assert!(String::from_utf8_lossy(&refused.stdout).contains("NOAUTH"));
    assert_eq!(refused.status.code(), Some(0));
    assert_eq!(shell(&redis, "REDIS -e SET a 1").status.code(), Some(1));
    assert_eq!(said(&redis, "REDIS PING >/dev/null && echo up"), "up", "it says so although nobody was let in");
}

#[test]
fn rd08_monitor_shows_every_value_that_is_written() {
    let Some(redis) = server(&[]) else { return };
    let seen = said(
        &redis,
        "coproc timeout 20 REDIS MONITOR; read -r ok <&\"${COPROC[0]}\"; REDIS SET card 4111 >/dev/null; \
         read -r line <&\"${COPROC[0]}\"; kill $COPROC_PID; echo \"$ok $line\"",
    );
    assert!(seen.starts_with("OK") && seen.contains("\"SET\" \"card\" \"4111\""), "{seen}");
}

#[test]
fn rd09_the_password_stands_in_the_list_of_processes_and_the_client_warns_of_it() {
    let Some(redis) = server(&[]) else { return };
    shell(&redis, "REDIS CONFIG SET requirepass plainly-seen");
    let listed = said(
        &redis,
        "REDIS -a plainly-seen BLPOP nothing 20 2>/dev/null & pid=$!; \
         until REDIS --no-auth-warning -a plainly-seen CLIENT LIST | grep -q cmd=blpop; do :; done; \
         tr '\\0' ' ' < /proc/$pid/cmdline; kill $pid",
    );
    assert!(listed.contains("-a plainly-seen"), "{listed}");
    assert!(said(&redis, "REDIS -a plainly-seen PING").contains("may not be safe"));
    assert_eq!(said(&redis, "REDISCLI_AUTH=plainly-seen REDIS PING"), "PONG");
}

#[test]
fn rd10_a_pipe_typed_into_the_client_filters_nothing() {
    let Some(redis) = server(&[]) else { return };
    let piped = said(&redis, "echo 'INFO stats | grep keyspace_hits' | REDIS ");
    assert!(piped.contains("total_connections_received"), "nothing was filtered: {piped}");
    assert!(said(&redis, "echo 'GET a | head' | REDIS ").contains("wrong number of arguments"));
}
