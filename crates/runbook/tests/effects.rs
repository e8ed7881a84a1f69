//! Every file in `specs/effects` lists commands with the effect that Allclear tells, what it records and how it undoes
//! them; `ALLCLEAR_BLESS=1` rewrites all but the commands.
//!
//! Property: a text of known readers in front or behind never makes a command look milder.

#![expect(clippy::disallowed_methods, reason = "the purity of the crate does not bind its tests: they read files")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use allclear_core::{EffectClass, PlannedCommand};
use allclear_runbook::{PlanRequest, parse, plan};
use proptest::prelude::*;

const OPENING: &str = "\n```text\n";

/// The command as the plan of a runbook with nothing else has it.
fn planned(command: &str) -> Option<PlannedCommand> {
    let fence = if command.contains('`') { "~~~~~~" } else { "``````" };
    let (runbook, _) = parse("spec.md", &format!("# Fix it\n\n1. Do this:\n\n{fence}bash\n{command}\n{fence}\n"));
    let mut request = PlanRequest { target: "local".to_owned(), ..PlanRequest::default() };
    request.variables = runbook.variables.iter().map(|it| (it.name.clone(), format!("{}-1", it.name))).collect();
    request.secrets = runbook.variables.iter().filter(|it| it.secret).map(|it| it.name.clone()).collect();
    request.variables.retain(|name, _| !request.secrets.contains(name));
    let plan = plan(&runbook, &runbook.procedures.first()?.id, &request).ok()?;
    plan.steps.into_iter().next()?.commands.into_iter().next()
}

fn shown(command: &str) -> String {
    let mut out = format!("$ {}\n", command.replace('\n', "\n> "));
    let Some(planned) = planned(command) else { return format!("{out}  not planned\n") };
    writeln!(out, "  {}", planned.effect.word()).unwrap();
    for (name, capture) in &planned.capture {
        writeln!(out, "  {name}: {capture}").unwrap();
    }
    for (label, text) in [("undo", &planned.undo), ("cannot be undone", &planned.irreversible)] {
        for line in text.iter().flat_map(|text| text.lines()) {
            writeln!(out, "  {label}: {line}").unwrap();
        }
    }
    out
}

/// The commands of a list: lines behind `$ `, continued by those behind `> `.
fn commands(list: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    for line in list.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            commands.push(command.to_owned());
        } else if let (Some(more), Some(last)) = (line.strip_prefix("> "), commands.last_mut()) {
            last.push('\n');
            last.push_str(more);
        }
    }
    commands
}

fn check(file: &Path) -> Option<String> {
    let spec = std::fs::read_to_string(file).unwrap();
    let mut actual = String::new();
    let mut rest = spec.as_str();
    while let Some(at) = rest.find(OPENING) {
        let (before, list) = rest.split_at(at + OPENING.len());
        let end = list.find("```").unwrap_or_else(|| panic!("{} has an open block", file.display()));
        actual.push_str(before);
        actual.extend(commands(&list[..end]).iter().map(|command| shown(command)));
        rest = &list[end..];
    }
    actual.push_str(rest);
    if actual == spec {
        return None;
    }
    if std::env::var_os("ALLCLEAR_BLESS").is_some() {
        std::fs::write(file, actual).unwrap();
        return None;
    }
    let differs = actual.lines().zip(spec.lines()).find(|(actual, expected)| actual != expected);
    Some(format!("{}: {differs:?}", file.display()))
}

#[test]
fn specs_of_effects_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/effects");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "the specs are in {}", folder.display());
    let failures: Vec<String> = files.iter().filter_map(|file| check(file)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn an_approval_is_bound_to_the_undo_and_to_what_is_recorded() {
    let scaled = planned("kubectl scale deployment api --replicas=0").unwrap();
    let plain = PlannedCommand::new(scaled.line, "bash", scaled.rendered.clone(), scaled.effect, "local");
    assert_ne!(scaled.digest, plain.digest);
    assert_eq!(scaled.clone().bound("local").digest, scaled.digest);
    assert_ne!(scaled.clone().bound("production").digest, scaled.digest);
}

/// What destroys is worse than what cannot be told: it is certain.
fn rank(class: EffectClass) -> u8 {
    match class {
        EffectClass::Observe => 0,
        EffectClass::Change => 1,
        EffectClass::Outage => 2,
        EffectClass::Unknown => 3,
        EffectClass::Destroy => 4,
    }
}

fn piece() -> impl Strategy<Value = String> {
    let pieces = [
        "kubectl get pods",
        "kubectl delete pod a",
        "rm -rf /x",
        "sudo ",
        "xargs ",
        "ssh h ",
        "bash -c ",
        "'",
        "\"",
        "$(",
        ")",
        "<<EOF\n",
        "EOF\n",
        "| ",
        "&& ",
        "; ",
        "> f",
        "< f",
        "for i in 1; do ",
        "done",
        "psql -c ",
        "'DROP TABLE x'",
        "redis-cli ",
        "FLUSHALL ",
        "curl -X DELETE h ",
        "--",
        "-f ",
        "{}",
        "\\",
        "\n",
        " ",
        "é",
        "find . -exec ",
        "\\; ",
        "docker exec c ",
        "kubectl exec p -- ",
        "eval ",
        "trap ",
        "awk '{print}' ",
        "sed -i s/a/b/ x ",
        "aws s3 rm s3://b ",
        "@1",
        "$X",
        "`",
        "=",
        "helm uninstall x ",
        "env A=1 ",
        "timeout 5 ",
    ];
    proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_command_is_classified_and_planned(pieces in proptest::collection::vec(piece(), 0..24)) {
        let _ = planned(&pieces.concat());
    }

    #[test]
    fn any_characters_are_classified(text in "\\PC{0,80}") {
        let _ = planned(&text);
    }

    #[test]
    fn a_reader_at_the_end_of_a_pipeline_never_makes_it_milder(
        command in proptest::sample::select(vec![
            "kubectl get pods", "kubectl delete pod a", "rm -rf /x", "./fix.sh", "kubectl scale deploy/a --replicas=0",
            "sudo systemctl stop x", "ssh h 'rm x'", "xargs rm", "psql -c 'DROP TABLE x'", "curl -d x https://h", "$TOOL x",
            "find . -exec ./fix.sh {} \\;", "cat x > y", "bash -c 'reboot; rm x'",
        ]),
        reader in proptest::sample::select(vec!["grep x", "jq .", "head -1", "sort | uniq -c", "awk '{print $1}'", "tee /dev/stderr"]),
        joint in proptest::sample::select(vec![" | ", " && ", "; "]),
    ) {
        let alone = planned(command).map(|it| rank(it.effect));
        let together = planned(&format!("{command}{joint}{reader}")).map(|it| rank(it.effect));
        prop_assert!(together >= alone, "{command}{joint}{reader}: {together:?} < {alone:?}");
    }
}
