//! Executes the specifications whose scenarios are timelines.

use std::path::Path;

use allclear_testkit::{check_specs, executed_spec};

const FOLDERS: [&str; 6] = ["alerting", "paging", "runs", "status", "review", "jobs"];

#[test]
fn the_generated_parts_of_every_specification_say_what_happens() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs");
    let bless = std::env::var_os("ALLCLEAR_BLESS").is_some();
    for folder in FOLDERS {
        check_specs(&root.join(folder), bless);
    }
}

#[test]
fn a_line_that_is_not_understood_is_named() {
    let text = "# A\n\n```policy\ncheck api every 10s\n```\n\n```timeline\nat 00:00 the moon rises\n```\n";
    let error = executed_spec(text).unwrap_err();
    assert_eq!((error.line, error.message.as_str()), (8, "nobody can do that: `at 00:00 the moon rises`"));
}

#[test]
fn what_a_specification_should_say_is_written_into_it() {
    let text = "```timeline\nat 00:01 ana opens P3 incident \"odd\"\n```\n```events Incident\n```\n";
    let expected = text.replace(
        "```events Incident\n",
        "```events Incident\n00:01:00  IncidentOpened       incident-3 P3 odd service\n",
    );
    assert_eq!(executed_spec(text).unwrap(), expected);
}
