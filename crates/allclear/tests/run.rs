//! `allclear run` as a person uses it: approved, refused, failed, killed in the middle and settled.

mod support;

use std::time::Duration;

use allclear_testkit::eventually;
use support::{CONFIG, Place, code, is_running, said};

const LIMIT: Duration = Duration::from_secs(20);

const RUNBOOK: &str = "# Shop

## Cart is stuck

**When**: carts do not empty

**Steps:**

1. **Look:**
```bash
echo \"looking at $HOME\"
```

2. **Mend:**
```bash
touch mended
```

3. **Tell users:** post on the status page.
";

fn planned(place: &Place, runbook: &str, procedure: &str) -> serde_json::Value {
    place.write("runbook.md", runbook);
    place.json(&["plan", "runbook.md", procedure])
}

#[test]
fn nothing_is_performed_without_a_word() {
    let place = Place::new();
    place.write("runbook.md", RUNBOOK);
    let output = place.run(&["run", "runbook.md", "cart-is-stuck"]);
    assert_eq!(code(&output), 3, "{}", said(&output));
    assert!(said(&output).contains("waits for approval"), "{}", said(&output));
    assert!(!place.path("mended").exists());
    let runs = place.json(&["runs"]);
    assert_eq!(runs[0]["state"], "waiting");
    assert_eq!(runs[0]["in_doubt"], serde_json::Value::Null);
}

#[test]
fn a_reader_that_has_read_enough_fails_no_command() {
    let place = Place::new();
    let runbook =
        "# Shop\n\n## Look\n\n**Steps:**\n\n1. Look:\n```bash\nseq 100000 | sort -n | head -1 | tr 1 2\n```\n";
    let digest = planned(&place, runbook, "look")["digest"].as_str().expect("a digest").to_owned();
    let output = place.run(&["run", "runbook.md", "look", "--approve", &digest]);
    assert_eq!(code(&output), 0, "{}", said(&output));
}

#[test]
fn an_approved_plan_runs_to_the_step_that_a_person_must_do() {
    let place = Place::new();
    let plan = planned(&place, RUNBOOK, "cart-is-stuck");
    let mended = place.path("mended");
    let runbook = RUNBOOK.replace("touch mended", &format!("touch {}", mended.display()));
    let digest = planned(&place, &runbook, "cart-is-stuck")["digest"].as_str().expect("a digest").to_owned();
    assert_ne!(plan["digest"], digest.as_str(), "another command has another digest");
    let output = place.run(&["run", "runbook.md", "cart-is-stuck", "--approve", &digest]);
    assert_eq!(code(&output), 3, "a manual step is never approved beforehand: {}", said(&output));
    assert!(mended.exists(), "{}", said(&output));
    assert!(said(&output).contains("looking at"), "output is shown: {}", said(&output));
}

#[test]
fn a_digest_of_something_else_approves_nothing() {
    let place = Place::new();
    place.write("runbook.md", RUNBOOK);
    let output = place.run(&["run", "runbook.md", "cart-is-stuck", "--approve", &"0".repeat(64)]);
    assert_eq!(code(&output), 3, "{}", said(&output));
    assert_eq!(place.json(&["runs"])[0]["state"], "waiting");
}

#[test]
fn a_failed_step_stops_the_run_and_says_so() {
    let place = Place::new();
    let runbook = RUNBOOK.replace("touch mended", "false");
    let digest = planned(&place, &runbook, "cart-is-stuck")["digest"].as_str().expect("a digest").to_owned();
    let output = place.run(&["run", "runbook.md", "cart-is-stuck", "--approve", &digest]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    let runs = place.json(&["runs"]);
    assert_eq!(runs[0]["state"], "failed");
    let id = runs[0]["id"].as_str().expect("an id").to_owned();
    let aborted = place.run(&["runs", "abort", &id, "--reason", "it is something else"]);
    assert_eq!(code(&aborted), 0, "{}", said(&aborted));
    assert_eq!(place.json(&["runs"])[0]["state"], "aborted");
}

#[test]
fn a_person_chooses_an_estate_of_which_the_target_says_nothing() {
    let place = Place::new();
    let look = "# Shop\n\n## Look\n\n**Steps:**\n\n1. Look:\n```bash\necho \"in $AWS_REGION for $ENV\"\n```\n";
    place.write("runbook.md", look);
    let set = ["--set", "AWS_REGION=eu-west-1", "--set", "ENV=prod"];
    let run = |more: &[&str]| place.run(&[&["run", "runbook.md", "look"], &set[..], more].concat());
    let plan = place.json(&[&["plan", "runbook.md", "look"], &set[..]].concat());
    let output = run(&["--approve", plan["digest"].as_str().expect("a digest")]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    assert!(said(&output).contains("in eu-west-1 for prod"), "{}", said(&output));
    place.write("allclear.toml", &format!("{CONFIG}\n[target.local.env]\nAWS_PROFILE = \"shop\"\n"));
    let refused = run(&[]);
    assert!(code(&refused) != 0 && said(&refused).contains("not taken from --set"), "{}", said(&refused));
}

#[test]
fn a_step_that_was_killed_is_in_doubt_until_a_person_settles_it() {
    let place = Place::new();
    let begun = place.path("begun");
    // A step that has begun to act and never ends by itself; the place makes its argument unique.
    let endless = place.write("endless", "");
    let blocking = format!("touch {} && tail -f {}", begun.display(), endless.display());
    let runbook = RUNBOOK.replace("touch mended", &blocking);
    let digest = planned(&place, &runbook, "cart-is-stuck")["digest"].as_str().expect("a digest").to_owned();
    let running = place.start(&["run", "runbook.md", "cart-is-stuck", "--approve", &digest]);
    eventually("the step begins", LIMIT, || begun.exists().then_some(()));
    let endless = endless.display().to_string();
    eventually("tail begins", LIMIT, || is_running("tail", &endless).then_some(()));
    running.kill();
    eventually("nothing of the step is left", LIMIT, || (!is_running("tail", &endless)).then_some(()));

    let runs = place.json(&["runs"]);
    assert_eq!(runs[0]["state"], "in-doubt", "{runs}");
    assert_eq!(runs[0]["in_doubt"], 2);
    let id = runs[0]["id"].as_str().expect("an id").to_owned();
    let again = place.run(&["resume", &id]);
    assert_eq!(code(&again), 4, "in doubt stays in doubt until it is settled: {}", said(&again));

    let settled = place.run(&["resume", &id, "--happened"]);
    assert_eq!(code(&settled), 3, "the manual step waits for its person: {}", said(&settled));
    let run = place.json(&["runs", "show", &id]);
    assert_eq!(run["steps"][1]["state"], "succeeded", "{run}");
    let verified = place.run(&["log", "verify"]);
    assert_eq!(code(&verified), 0, "{}", said(&verified));
}

#[test]
fn what_a_killed_attempt_has_left_running_is_killed_before_the_step_is_performed_again() {
    let place = Place::new();
    let (begun, endless) = (place.path("begun"), place.write("endless", ""));
    let (begun_at, endless) = (begun.display(), endless.display().to_string());
    // The first attempt leaves its group and never ends; the second one finds that it was there, and ends.
    let leaving = format!("test -e {begun_at} || {{ touch {begun_at}; setsid tail -f {endless} >/dev/null & wait; }}");
    let runbook = RUNBOOK.replace("touch mended", &leaving);
    let digest = planned(&place, &runbook, "cart-is-stuck")["digest"].as_str().expect("a digest").to_owned();
    let running = place.start(&["run", "runbook.md", "cart-is-stuck", "--approve", &digest]);
    eventually("tail begins", LIMIT, || is_running("tail", &endless).then_some(()));
    running.kill();
    let id = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    assert!(is_running("tail", &endless), "it has left the group that dies with its performer");
    let again = place.run(&["resume", &id, "--again"]);
    let sentence = "[an attempt that was cut off was still running in part, and was killed: tail (";
    assert!(said(&again).contains(sentence), "{}", said(&again));
    assert!(!is_running("tail", &endless));
    assert_eq!(place.json(&["runs", "show", &id])["steps"][1]["state"], "succeeded", "{}", said(&again));
}

#[test]
fn what_an_attempt_that_failed_has_left_running_goes_on() {
    let place = Place::new();
    let (begun, endless) = (place.path("begun"), place.write("endless", "").display().to_string());
    let (begun, own) = (begun.display(), std::process::id());
    // A server is started, and then a check of it fails.
    let server = format!("touch {begun}; exec tail -f --pid={own} {endless}");
    let leaving = format!(
        "test -e {begun} || {{ setsid sh -c '{server}' >/dev/null 2>&1 & until test -e {begun}; do sleep 0.05; done; false; }}"
    );
    let runbook = RUNBOOK.replace("touch mended", &leaving);
    let digest = planned(&place, &runbook, "cart-is-stuck")["digest"].as_str().expect("a digest").to_owned();
    let failed = place.run(&["run", "runbook.md", "cart-is-stuck", "--approve", &digest]);
    assert_eq!(code(&failed), 1, "{}", said(&failed));
    eventually("tail begins", LIMIT, || is_running("tail", &endless).then_some(()));
    let id = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    let again = place.run(&["resume", &id, "--again"]);
    assert!(is_running("tail", &endless), "{}", said(&again));
    assert!(!said(&again).contains("was still running in part"), "{}", said(&again));
    assert_eq!(place.json(&["runs", "show", &id])["steps"][1]["state"], "succeeded", "{}", said(&again));
}

#[test]
fn who_says_that_a_step_happened_has_not_approved_what_comes_after_it() {
    let place = Place::new();
    let runbook =
        "# R\n\n## Mend\n\n1. **Try:**\n```bash\ntouch tried && false\n```\n\n2. **Go on:**\n```bash\ntouch on\n```\n";
    let digest = planned(&place, runbook, "mend")["digest"].as_str().expect("a digest").to_owned();
    let failed = place.run(&["run", "runbook.md", "mend", "--approve", &digest]);
    assert_eq!(code(&failed), 1, "{}", said(&failed));
    let id = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    let mut settled = place.command(&["resume", &id, "--happened", "--note", "it is tried"]);
    let settled = settled.env("ALLCLEAR_PERSON", "ben").output().expect("the program starts");
    assert_eq!(code(&settled), 0, "{}", said(&settled));
    assert!(said(&settled).contains("approved beforehand"), "{}", said(&settled));
    let words = said(&place.run(&["runs", "show", &id]));
    assert_eq!(words.matches("approved by ana beforehand").count(), 2, "{words}");
    assert!(words.contains("as ben says") && !words.contains("approved by ben"), "{words}");
}

#[test]
fn what_a_killed_attempt_has_left_running_does_not_act_beside_its_undo() {
    let place = Place::new();
    let (notice, endless) = (place.write("notice", "all is well\n"), place.write("endless", "").display().to_string());
    let leaving =
        format!("sed -i s/all/ALL/ {} && {{ setsid tail -f {endless} >/dev/null & wait; }}", notice.display());
    let runbook = RUNBOOK.replace("touch mended", &leaving);
    let digest = planned(&place, &runbook, "cart-is-stuck")["digest"].as_str().expect("a digest").to_owned();
    let running = place.start(&["run", "runbook.md", "cart-is-stuck", "--approve", &digest]);
    eventually("tail begins", LIMIT, || is_running("tail", &endless).then_some(()));
    running.kill();
    let id = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    assert!(is_running("tail", &endless), "it has left the group that dies with its performer");
    let plan = place.json(&["undo", &id, "--plan"]);
    let undone = place.run(&["undo", &id, "--approve", plan["digest"].as_str().expect("a digest")]);
    assert_eq!(code(&undone), 0, "{}", said(&undone));
    assert!(said(&undone).contains("was still running in part, and was killed: tail ("), "{}", said(&undone));
    assert!(!is_running("tail", &endless));
    assert_eq!(std::fs::read_to_string(&notice).expect("it is there"), "all is well\n");
}

#[test]
fn a_credential_in_a_runbook_never_reaches_the_log() {
    let place = Place::new();
    let key = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    for (command, sentence) in [
        (
            format!("curl -H 'Authorization: Bearer {key}' http://127.0.0.1/"),
            "line 16 holds what looks like a credential",
        ),
        ("curl http://app:hunter22@127.0.0.1/".to_owned(), "line 16 holds what looks like a credential"),
        // Refused for another reason, which quotes the command.
        ("psql postgres://app:hunter22@127.0.0.1/app".to_owned(), "[redacted]"),
    ] {
        place.write("runbook.md", &RUNBOOK.replace("touch mended", &command));
        for verb in ["plan", "run"] {
            let output = place.run(&[verb, "runbook.md", "cart-is-stuck"]);
            assert_eq!(code(&output), 3, "{verb}: {}", said(&output));
            assert!(said(&output).contains(sentence), "{}", said(&output));
            assert!(!said(&output).contains(key) && !said(&output).contains("hunter22"), "{}", said(&output));
        }
    }
    let named = "curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1/";
    place.write("runbook.md", &RUNBOOK.replace("touch mended", named));
    let output = place.run(&["plan", "runbook.md", "cart-is-stuck"]);
    assert!(!said(&output).contains("credential"), "the name is what ought to stand there: {}", said(&output));
}

#[test]
fn after_a_restart_a_step_begins_where_the_last_one_ended() {
    let place = Place::new();
    let folder = place.path("folder");
    std::fs::create_dir(&folder).expect("it can be made");
    let (flag, answer) = (place.path("flag"), place.path("answer"));
    let runbook = RUNBOOK
        .replace("echo \"looking at $HOME\"", &format!("cd {}", folder.display()))
        .replace("touch mended", &format!("test -e {} && pwd > {}", flag.display(), answer.display()));
    let digest = planned(&place, &runbook, "cart-is-stuck")["digest"].as_str().expect("a digest").to_owned();
    let output = place.run(&["run", "runbook.md", "cart-is-stuck", "--approve", &digest]);
    assert_eq!(code(&output), 1, "the second step fails at first: {}", said(&output));
    place.write("flag", "");
    let id = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    let again = place.run(&["resume", &id, "--again"]);
    let stood = std::fs::read_to_string(&answer).unwrap_or_else(|error| panic!("{error}: {}", said(&again)));
    assert_eq!(stood.trim(), folder.display().to_string());
    assert!(said(&again).contains("[a new shell: variables of earlier steps are gone]"), "{}", said(&again));
}

#[test]
fn a_runbook_that_declares_an_effect_milder_says_so_and_still_needs_a_second_person() {
    let place = Place::new();
    place.write(
        "allclear.toml",
        &format!("{CONFIG}\n[approvals]\nfour_eyes = [\"destroy\"]\n\n[target.local.env]\nX = \"1\"\n"),
    );
    place.write("precious", "kept");
    let destroys = RUNBOOK.replace("2. **Mend:**\n", "2. **Mend:**\n<!-- allclear: effect=change -->\n");
    let plan = planned(&place, &destroys.replace("touch mended", "rm precious"), "cart-is-stuck");
    let command = &plan["steps"][1]["commands"][0];
    assert_eq!((&command["effect"], &command["classified"]), (&"change".into(), &"destroy".into()), "{plan}");
    let said_of_it = "the runbook says change; Allclear would say destroy";
    assert!(said(&place.run(&["plan", "runbook.md", "cart-is-stuck"])).contains(said_of_it));

    let digest = plan["digest"].as_str().expect("a digest");
    let output = place.run(&["run", "runbook.md", "cart-is-stuck", "--approve", digest]);
    assert_eq!(code(&output), 3, "{}", said(&output));
    assert!(said(&output).contains("change by the runbook; Allclear would say destroy"), "{}", said(&output));
    assert!(place.path("precious").exists(), "what was approved beforehand by whoever asked does not count");
    let run = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    let herself = place.run(&["resume", &run, "--approve", plan["steps"][1]["digest"].as_str().unwrap_or(digest)]);
    assert_ne!(code(&herself), 0, "{}", said(&herself));
    assert!(place.path("precious").exists(), "{}", said(&herself));
    let mut somebody_else = place.command(&["resume", &run, "--approve", digest]);
    let output = somebody_else.env("ALLCLEAR_PERSON", "ben").output().expect("the program starts");
    assert!(!place.path("precious").exists(), "a second person is enough: {}", said(&output));
}

#[test]
fn a_graver_effect_is_declared_freely() {
    let place = Place::new();
    let graver = RUNBOOK.replace("1. **Look:**\n", "1. **Look:**\n<!-- allclear: effect=outage -->\n");
    let plan = planned(&place, &graver, "cart-is-stuck");
    let command = &plan["steps"][0]["commands"][0];
    assert_eq!((&command["effect"], &command["classified"]), (&"outage".into(), &serde_json::Value::Null), "{plan}");
}
