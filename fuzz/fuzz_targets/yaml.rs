//! Any text as YAML.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| allclear_runbook::fuzzing::yaml(&String::from_utf8_lossy(bytes)));
