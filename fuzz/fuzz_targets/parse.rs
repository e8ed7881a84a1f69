//! Any text as a runbook: parsed, shown, planned.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| allclear_runbook::fuzzing::parse(&String::from_utf8_lossy(bytes)));
