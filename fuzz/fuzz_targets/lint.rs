//! Any text as a runbook, with everything that lint says about it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| allclear_runbook::fuzzing::lint(&String::from_utf8_lossy(bytes)));
