//! What is wrong with the runbook that the product was asked for, found by hand, has to be found by the rules.

#![expect(clippy::disallowed_methods, reason = "the purity of the crate does not bind its tests: they read files")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::path::Path;

use allclear_runbook::{Settings, Surroundings, lint, parse};

/// Line of the command, and the rules that have to say something about it.
const EXPECTED: &[(usize, &[&str])] = &[
    (10, &["D15"]),
    (14, &["D15"]),
    (61, &["D04"]),
    (66, &["S22"]),
    (71, &["D20", "K02", "K12"]),
    (72, &["K12"]),
    (78, &["S22", "S23"]),
    (82, &["PG03", "PG04", "S22", "S24"]),
    (85, &["PG21"]),
    (88, &["PG06", "PG07", "PG15"]),
    (100, &["S10"]),
    (101, &["S10"]),
    (104, &["D15"]),
    (114, &["D19"]),
    (132, &["K01", "K03", "S07"]),
    (137, &["K14"]),
    (138, &["K14"]),
    (163, &["K14", "K15"]),
    (168, &["K13", "K14"]),
    (174, &["K20", "K21", "K22"]),
    (191, &["K01", "K04"]),
    (197, &["K14"]),
    (219, &["PG08", "PG10"]),
    (226, &["PG01", "PG15", "PG24"]),
    (238, &["PG18"]),
    (259, &["D02", "RD01"]),
    (260, &["D01"]),
    (261, &["RD02", "RD03"]),
    (266, &["K14", "RD11"]),
    (271, &["RD03", "RD06"]),
    (292, &["T01"]),
    (297, &["T02"]),
    (298, &["K19"]),
    (332, &["S10"]),
    (337, &["K04"]),
];

#[test]
fn the_reference_runbook_breaks_these_rules_and_no_other() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference-runbook.md");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    let (runbook, diagnostics) = parse("reference-runbook.md", &text);
    let findings = lint(&runbook, &text, &diagnostics, &Surroundings::default(), &Settings::default());
    let line = |offset: usize| text[..offset].matches('\n').count() + 1;
    let found: BTreeSet<(usize, &str)> = findings.iter().map(|it| (line(it.begins), it.rule.code)).collect();
    let expected: BTreeSet<(usize, &str)> =
        EXPECTED.iter().flat_map(|(line, codes)| codes.iter().map(move |code| (*line, *code))).collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    let unexpected: Vec<_> = found.difference(&expected).collect();
    assert!(missing.is_empty() && unexpected.is_empty(), "missing: {missing:?}\nunexpected: {unexpected:?}");
}
