//! Any text as SQL.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| allclear_runbook::fuzzing::sql(&String::from_utf8_lossy(bytes)));
