//! Any text as bash.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| allclear_runbook::fuzzing::bash(&String::from_utf8_lossy(bytes)));
