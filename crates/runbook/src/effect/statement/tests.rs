//! Every entry of the catalogue of statements is read, fits its examples, and says what becomes of them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use allclear_core::EffectClass;

use super::{ENTRIES, decided, measures};
use crate::effect::classify;
use crate::effect::measures as of_command;
use crate::syntax::sql;

#[test]
fn every_example_is_decided_by_the_entry_that_it_stands_under() {
    for entry in ENTRIES.iter() {
        assert!(!entry.examples.is_empty());
        for example in &entry.examples {
            let parsed = sql::parse(example);
            assert!(parsed.errors.is_empty(), "{example}");
            let (decided, _) = decided(&parsed.statements[0], example).unwrap();
            assert!(std::ptr::eq(decided, entry), "{example}");
        }
    }
}

#[test]
fn what_an_entry_says_is_sql_and_takes_what_it_captures() {
    for entry in ENTRIES.iter() {
        for example in &entry.examples {
            let [found] = measures(example).try_into().unwrap_or_else(|found| panic!("{example}: {found:?}"));
            let takes = found.undo.as_ref().is_some_and(|undo| undo.contains(":CAPTURED"));
            assert_eq!(takes, found.capture.is_some(), "{example}");
            let ways = [found.undo.is_some(), found.irreversible.is_some(), found.transient];
            let ways = ways.iter().filter(|it| **it).count();
            let only_touches = ways == 0 && entry.locks.is_some();
            assert!(ways == 1 || only_touches, "{example}");
            assert_eq!(entry.locks.is_some(), found.previews.iter().any(|it| it.contains("pg_locks")), "{example}");
            for text in found.capture.iter().chain(&found.previews).chain(&found.verify) {
                assert_eq!(classify("sql", text), EffectClass::Observe, "{text}");
                assert_eq!(sql::parse(text).errors, [], "{text}");
                assert!(
                    !text.contains([';', '\n'])
                        || text.contains("'; '")
                        || text.contains("DO $undo$")
                        || text.contains("format("),
                    "{text}"
                );
                assert!(!text.contains('{'), "{text}");
            }
            for text in found.undo.iter().filter(|undo| !undo.contains(":CAPTURED")) {
                assert_eq!(sql::parse(text).errors, [], "{text}");
            }
        }
    }
}

#[test]
fn a_statement_is_undone_by_what_the_server_says_it_was() {
    let with = of_command(
        &Default::default(),
        "sql",
        "ALTER SYSTEM SET work_mem = '8MB';",
        classify("sql", "ALTER SYSTEM SET work_mem = '8MB';"),
    );
    assert_eq!(with.undo.unwrap(), ":CAPTURED;\nSELECT pg_reload_conf();");
    assert!(with.capture["CAPTURED"].contains("lower(name) = 'work_mem'"));
    assert_eq!(with.irreversible, None);
}

#[test]
fn names_are_folded_where_the_server_keeps_them_and_kept_where_they_are_written() {
    let [found] = measures("ALTER DATABASE \"Shop\" SET Work_Mem = '8MB'").try_into().unwrap();
    let capture = found.capture.unwrap();
    assert!(capture.contains("datname = 'Shop'") && capture.contains("lower(name) = 'work_mem'"), "{capture}");
    assert!(capture.contains("'ALTER DATABASE \"Shop\" RESET Work_Mem'"), "{capture}");
}

#[test]
fn what_no_entry_knows_has_no_undo() {
    for text in [
        "INSERT INTO t VALUES (1)",
        "ALTER ROLE CURRENT_USER SET work_mem = '8MB'",
        "CREATE INDEX ON t (a)",
        "ALTER DATABASE \"o'b\" SET work_mem = '8MB'",
        "ALTER DATABASE shop SET TABLESPACE fast",
    ] {
        let [found] = measures(text).try_into().unwrap();
        assert!(found.undo.is_none() && !found.transient, "{text}");
    }
}

#[test]
fn a_call_whose_effect_passes_leaves_nothing_to_undo() {
    let text = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'";
    let with = of_command(&Default::default(), "sql", text, classify("sql", text));
    assert_eq!(with.undo.as_deref(), Some("-- nothing is left to undo"));
    let [found] = measures("SELECT pg_drop_replication_slot('a')").try_into().unwrap();
    assert!(!found.transient);
}

#[test]
fn psql_in_a_shell_is_undone_by_psql_at_the_same_place() {
    let of = |text: &str| of_command(&Default::default(), "bash", text, classify("bash", text));
    let with = of("kubectl exec -it db-0 -- psql -U app -d shop -c \"ALTER SYSTEM SET work_mem = '8MB'\"");
    let psql = "kubectl exec -i db-0 -- psql -X -q -At -v ON_ERROR_STOP=1 -U app -d shop";
    assert_eq!(with.undo.unwrap(), format!("printf '%s\\n' \"$CAPTURED;\" 'SELECT pg_reload_conf();' | {psql}"));
    let capture = &with.capture["CAPTURED"];
    assert!(
        capture.starts_with("printf '%s\\n' 'SELECT coalesce(max('\\''ALTER SYSTEM SET work_mem = '\\''"),
        "{capture}"
    );
    assert!(capture.ends_with(&format!(" | {psql}")), "{capture}");
    assert!(of("psql shop <<'SQL'\nALTER DATABASE shop SET work_mem = '8MB';\nSQL").undo.is_some());
    // Its input would not arrive, its password is not repeated, its text is not known.
    for text in [
        "kubectl exec db-0 -- psql -c \"ALTER SYSTEM SET work_mem = '8MB'\"",
        "PGPASSWORD=x psql -c \"ALTER SYSTEM SET work_mem = '8MB'\"",
        "psql -c \"$STATEMENT\"",
    ] {
        assert_eq!(of(text).undo, None, "{text}");
    }
}
