//! The runbook that the product was asked for, and the project's own, are understood to the last command.

#![expect(clippy::disallowed_methods, reason = "the purity of the crate does not bind its tests: they read files")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};

use allclear_runbook::{PlanRefusal, PlanRequest, Runbook, parse, plan, show};

fn read(path: &str) -> Option<Runbook> {
    let full = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    let Ok(text) = std::fs::read_to_string(&full) else {
        eprintln!("SKIPPED: {path} is not here");
        return None;
    };
    Some(parse(path, &text).0)
}

/// Id of a procedure, and the lines of its steps with those of their commands.
type Expected<'a> = (&'a str, &'a [(u32, &'a [u32])]);

fn lines(runbook: &Runbook, id: &str) -> Vec<(u32, Vec<u32>)> {
    let steps = &runbook.procedure(id).unwrap_or_else(|| panic!("no procedure {id}")).steps;
    steps.iter().map(|step| (step.line, step.commands.iter().map(|command| command.line).collect())).collect()
}

#[test]
fn the_reference_runbook_has_its_six_procedures_with_all_steps_and_commands_in_order() {
    let Some(runbook) = read("../shared/reference-runbook.md") else { return };
    let expected: [Expected<'_>; 6] = [
        (
            "database-backup-restore",
            &[(60, &[63, 66]), (69, &[71, 72]), (75, &[78, 81, 82, 85, 88, 89]), (92, &[94, 95]), (98, &[100, 101])],
        ),
        ("revoke-stripe-keys-compromised", &[(114, &[]), (120, &[]), (129, &[132, 137, 138]), (141, &[]), (146, &[])]),
        ("disable-payments-emergency-stop", &[(161, &[163]), (166, &[168]), (171, &[174]), (185, &[]), (190, &[191])]),
        (
            "high-database-load-cpu-90",
            &[(209, &[211]), (217, &[219]), (223, &[226, 227]), (230, &[232]), (235, &[238])],
        ),
        ("redis-memory-full", &[(252, &[254]), (257, &[259, 261]), (264, &[266]), (269, &[271])]),
        ("ssl-certificate-expiration", &[(284, &[286]), (289, &[291, 292]), (295, &[297, 298])]),
    ];
    let ids: Vec<&str> = runbook.procedures.iter().map(|procedure| procedure.id.as_str()).collect();
    assert_eq!(ids, expected.map(|(id, _)| id));
    for (id, steps) in expected {
        let steps: Vec<(u32, Vec<u32>)> = steps.iter().map(|(line, commands)| (*line, commands.to_vec())).collect();
        assert_eq!(lines(&runbook, id), steps, "{id}");
    }
}

#[test]
fn the_reference_runbook_says_when_and_how_to_go_back() {
    let Some(runbook) = read("../shared/reference-runbook.md") else { return };
    let triggers: Vec<u32> = runbook.procedures.iter().filter_map(|it| it.trigger.as_ref()).map(|it| it.line).collect();
    assert_eq!(triggers, [56, 110, 157, 205, 248, 280]);
    assert_eq!(runbook.procedures[0].rollback().unwrap().line, 104);
    let re_enable = runbook.procedures[2].re_enable().unwrap();
    assert_eq!(re_enable.commands.iter().map(|command| command.line).collect::<Vec<_>>(), [197, 198]);
    let flush = &runbook.procedures[4].steps[1].commands;
    assert_eq!((flush[0].alternative_of, flush[1].alternative_of), (None, Some(259)));
    let follow_ups: Vec<u32> = runbook.procedures.iter().flat_map(|it| it.follow_ups()).map(|it| it.line).collect();
    assert_eq!(follow_ups, [151, 242, 274]);
}

#[test]
fn the_reference_runbook_is_read_around_the_procedures_too() {
    let Some(runbook) = read("../shared/reference-runbook.md") else { return };
    assert_eq!(runbook.contacts.iter().map(|it| it.line).collect::<Vec<_>>(), [7, 8, 9, 10]);
    assert_eq!(runbook.severities.iter().map(|it| it.code.as_str()).collect::<Vec<_>>(), ["P0", "P1", "P2", "P3"]);
    assert_eq!((runbook.process.len(), runbook.review.len(), runbook.templates[0].line), (6, 6, 305));
    assert_eq!(runbook.scheduled_jobs[0].cron.as_deref(), Some("0 2 * * *"));
    assert_eq!(runbook.snippets.iter().map(|it| it.command.line).collect::<Vec<_>>(), [332, 337, 342, 347, 352, 353]);
    let variables: Vec<(&str, u32, bool)> =
        runbook.variables.iter().map(|it| (it.name.as_str(), it.line, it.secret)).collect();
    assert_eq!(variables, [("backup", 66, false), ("stripe_secret_key", 133, true)]);
    assert_eq!(runbook.not_commands.iter().map(|it| it.line).collect::<Vec<_>>(), [305]);
    let urls: Vec<&str> = runbook.endpoints().iter().map(|it| it.url.as_str()).collect();
    assert_eq!(urls, ["https://api.prepchef.com/health", "https://prepchef.com"]);
}

#[test]
fn the_reference_runbook_has_effects_that_nobody_should_overlook() {
    let Some(runbook) = read("../shared/reference-runbook.md") else { return };
    let commands = runbook.procedures.iter().flat_map(|it| &it.steps).flat_map(|it| &it.commands);
    let of = |word: &str| commands.clone().filter(|it| it.effect.word() == word).map(|it| it.line).collect::<Vec<_>>();
    assert_eq!(of("outage"), [71, 72, 219]);
    assert_eq!(of("destroy"), [259, 261]);
    assert_eq!(of("observe"), [63, 66, 85, 100, 101, 191, 211, 254, 286]);
    assert_eq!(of("unknown"), [82]);
}

fn request() -> PlanRequest {
    PlanRequest {
        target: "demo".to_owned(),
        environment: BTreeSet::from(["PREPCHEF_URL".to_owned()]),
        ..PlanRequest::default()
    }
}

#[test]
fn the_city_procedure_of_the_example_can_be_planned_with_what_the_target_brings() {
    let runbook = read("examples/prepchef/runbook.md").expect("the example belongs to the repository");
    let planned = plan(&runbook, "city-api-answers-slowly-or-fails", &request()).unwrap();
    assert_eq!(planned.digest, planned.content_digest());
    let effects: Vec<Option<&str>> = planned.steps.iter().map(|step| step.effect().map(|it| it.word())).collect();
    assert_eq!(effects, [Some("observe"), Some("observe"), Some("change"), Some("observe"), None]);
    assert_eq!(planned.steps[2].commands[0].rendered, "curl -fsS -X DELETE \"$PREPCHEF_URL/admin/faults/city-api\"");
    let without =
        plan(&runbook, &planned.procedure, &PlanRequest { target: "demo".to_owned(), ..PlanRequest::default() });
    assert_eq!(
        without.unwrap_err(),
        [PlanRefusal::MissingVariable { name: "PREPCHEF_URL".to_owned(), line: 53, secret: false }]
    );
}

#[test]
fn a_plan_leaves_no_choice_open() {
    let runbook = read("examples/prepchef/runbook.md").expect("the example belongs to the repository");
    let refusals = plan(&runbook, "cache-full", &request()).unwrap_err();
    let [PlanRefusal::AlternativeNotChosen { options, .. }] = refusals.as_slice() else { panic!("{refusals:?}") };
    for line in options.clone() {
        let chosen = PlanRequest { alternatives: BTreeSet::from([line]), ..request() };
        let planned = plan(&runbook, "cache-full", &chosen).unwrap();
        assert_eq!(planned.steps[2].commands.iter().map(|it| it.line).collect::<Vec<_>>(), [line]);
    }
    let both = PlanRequest { alternatives: options.iter().copied().collect(), ..request() };
    assert_eq!(plan(&runbook, "cache-full", &both).unwrap_err()[0].code(), "alternatives-exclude");
}

#[test]
fn every_procedure_of_the_example_has_what_the_example_preaches() {
    let runbook = read("examples/prepchef/runbook.md").expect("the example belongs to the repository");
    assert_eq!(runbook.procedures.len(), 5);
    for procedure in &runbook.procedures {
        assert!(
            procedure.trigger.is_some() && procedure.severity.is_some() && procedure.owner.is_some(),
            "{}",
            procedure.id
        );
        let undone = procedure.rollback().is_some()
            || procedure.re_enable().is_some()
            || procedure.follow_ups().next().is_some();
        assert!(undone, "{} does not say what comes after", procedure.id);
        let unknown = procedure.steps.iter().flat_map(|it| &it.commands).filter(|it| it.effect.word() == "unknown");
        assert!(unknown.count() <= usize::from(procedure.id == "database-restore"), "{}", procedure.id);
    }
}

#[test]
fn the_shown_document_has_the_shape_that_others_script_against() {
    let runbook = read("examples/prepchef/runbook.md").expect("the example belongs to the repository");
    let shown = serde_json::to_value(show(&runbook)).unwrap();
    let step = &shown["procedures"][0]["steps"][2];
    assert_eq!(
        step["commands"][0],
        serde_json::json!({
            "line": 66, "language": "bash", "text": "curl -fsS -X DELETE \"$PREPCHEF_URL/admin/faults/city-api\"",
            "effect": "change", "session": null, "alternative_of": null
        })
    );
    assert_eq!(shown["procedures"][0]["trigger"]["line"], 40);
    assert_eq!(step["kind"], "command");
    assert_eq!(shown["procedures"][0]["steps"][4]["kind"], "manual");
}

const NUMBERED: &str = "# Restart\n\n**When**: stuck\n\n1. Look:\n```bash\nkubectl logs <pod>\n```\n2. Enter:\n```bash\nssh db-1\nrm -rf /var/tmp/x\nexit\n```\n3. Query:\n```redis\nGET x\n```\n";

fn reasons(request: &PlanRequest) -> Vec<&'static str> {
    let (runbook, _) = parse("r.md", NUMBERED);
    plan(&runbook, "restart", request).err().unwrap_or_default().iter().map(PlanRefusal::code).collect()
}

#[test]
fn a_plan_is_refused_with_every_reason_at_once() {
    let session = "session-not-performed";
    assert_eq!(reasons(&request()), ["missing-variable", session, session, session, "language-not-performed"]);
    let first = PlanRequest {
        only: BTreeSet::from([1]),
        variables: BTreeMap::from([("pod".to_owned(), "api-1".to_owned())]),
        ..request()
    };
    assert_eq!(reasons(&first), Vec::<&str>::new());
    assert_eq!(reasons(&PlanRequest { only: BTreeSet::from([1, 9]), ..first.clone() }), ["step-out-of-range"]);
    assert_eq!(reasons(&PlanRequest { alternatives: BTreeSet::from([4]), ..first }), ["no-such-alternative"]);
}

#[test]
fn an_unknown_procedure_is_answered_with_the_nearest_first() {
    let runbook = read("examples/prepchef/runbook.md").expect("the example belongs to the repository");
    let refusals = plan(&runbook, "database-restor", &request()).unwrap_err();
    let PlanRefusal::UnknownProcedure { known, .. } = &refusals[0] else { panic!("{refusals:?}") };
    assert_eq!((known[0].as_str(), known.len()), ("database-restore", 5));
}

#[test]
fn a_secret_stays_out_of_the_plan() {
    let text = "# Login\n\n**When**: now\n\n1. Log in:\n```bash\nlogin --token '<api-token>'\n```\n";
    let (runbook, _) = parse("r.md", text);
    let open = PlanRequest { variables: BTreeMap::from([("api-token".to_owned(), "t0p".to_owned())]), ..request() };
    assert_eq!(plan(&runbook, "login", &open).unwrap_err()[0].code(), "secret-in-the-open");
    let secret = PlanRequest { secrets: BTreeSet::from(["api-token".to_owned()]), ..request() };
    let planned = plan(&runbook, "login", &secret).unwrap();
    assert_eq!(planned.secrets, ["API_TOKEN"]);
    assert_eq!(planned.steps[0].commands[0].rendered, "login --token ''\"$API_TOKEN\"''");
}
