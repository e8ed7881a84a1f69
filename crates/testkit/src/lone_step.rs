//! A step alone in its plan, as an engine would have it performed for the first time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use allclear_core::{Digest, PerformEffect, Plan, PlannedCommand, PlannedStep, RunId, StepKind, Target};

/// The step of this number with these commands on that target, in run 40.
pub fn lone_step(number: u32, commands: Vec<PlannedCommand>, target: Target) -> PerformEffect {
    let step = PlannedStep::manual(number, 1, "A step".to_owned(), String::new());
    let plan = Plan {
        digest: Digest::default(),
        runbook: "runbook.md".to_owned(),
        runbook_digest: Digest::default(),
        procedure: "a-procedure".to_owned(),
        title: "A procedure".to_owned(),
        target: "sandbox".to_owned(),
        variables: BTreeMap::new(),
        secrets: Vec::new(),
        steps: vec![PlannedStep { kind: StepKind::Command, commands, ..step }],
    };
    PerformEffect {
        run: RunId(40),
        step: number,
        attempt: 1,
        follows_cut_short: false,
        plan: Arc::new(plan),
        incident: None,
        target,
        directory: None,
        sealed: BTreeMap::new(),
        to_capture: BTreeSet::new(),
        undoes: None,
    }
}
