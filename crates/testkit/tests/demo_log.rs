//! Writes the log of one whole story, as this release stores it. Later releases must fold it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod story;

use allclear_core::{Actor, Command, IncidentId, JobOutcome, ReviewId, RunId, Severity};
use allclear_testkit::{Answer, Faults, Health, Simulation, StepScript};
use jiff::{SignedDuration, Timestamp};

fn told() -> Simulation {
    let begin: Timestamp = "2026-01-05T02:50:00Z".parse().unwrap();
    let at = |minutes: i64| begin.saturating_add(SignedDuration::from_mins(minutes)).unwrap();
    let ana = || Actor::Person("ana".into());
    let mut demo = Simulation::begin(begin, story::policy(), Faults::none());
    demo.outside.set_health("city-api", Health::Up);
    demo.outside.set_health("payments", Health::Up);
    demo.outside.set_step(1, StepScript::Fails("exited with 22: the city API answers 503".to_owned()));
    demo.advance_to(at(5));
    let backup = Command::ReportJob { job: "backup".to_owned(), outcome: JobOutcome::Succeeded, note: String::new() };
    demo.submit(&backup, &Actor::Source("ping".into())).unwrap();

    demo.outside.set_health("city-api", Health::Down("answered 503".to_owned()));
    demo.outside.set_answer("pager", Answer::Status(500));
    demo.advance_to(at(8));
    demo.outside.set_answer("pager", Answer::Status(202));
    demo.advance_to(at(12));
    let incident = demo.world().incidents.keys().next().copied().unwrap_or(IncidentId(0));
    demo.submit(&Command::AcknowledgeIncident { incident }, &ana()).unwrap();
    let impact = "Nobody can look up a city's requirements.".to_owned();
    demo.submit(&Command::AssessIncident { incident, severity: Severity::P0, impact }, &ana()).unwrap();
    demo.submit(&Command::AssignIncident { incident, commander: "ben".to_owned() }, &ana()).unwrap();
    let text = "We know which part is at fault.".to_owned();
    demo.submit(&Command::UpdateIncident { incident, text, public: true }, &ana()).unwrap();

    let plan = story::plan();
    let run = || RunId(0);
    demo.submit(
        &Command::PlanRun { plan: Box::new(plan.clone()), incident: Some(incident), preapproved: vec![] },
        &ana(),
    )
    .unwrap();
    let run = demo.world().runs.keys().next().copied().unwrap_or_else(run);
    let digest = |step: u32| plan.step(step).unwrap().digest(&plan.target);
    demo.submit(&Command::ApproveStep { run, step: 1, digest: digest(1) }, &ana()).unwrap();
    demo.submit(&Command::SkipStep { run, step: 1, reason: "it says what we know".to_owned() }, &ana()).unwrap();
    demo.submit(&Command::ApproveStep { run, step: 2, digest: digest(2) }, &ana()).unwrap();
    demo.advance_to(at(20));
    // The machine restarts while the step is under way.
    demo.restart();
    demo.outside.set_step(2, StepScript::Succeeds("exited with 0".to_owned()));
    demo.submit(&Command::RepeatStep { run, step: 2, digest: digest(2) }, &ana()).unwrap();
    demo.outside.set_health("city-api", Health::Up);
    demo.submit(&Command::MitigateIncident { incident, text: "The city API answers again.".to_owned() }, &ana())
        .unwrap();
    demo.advance_to(at(40));
    let root_cause = Some("A migration locked the table of cities.".to_owned());
    let text = "Everything works.".to_owned();
    demo.submit(&Command::ResolveIncident { incident, text, root_cause }, &ana()).unwrap();
    demo.advance_to(at(60 * 50));
    let review = demo.world().reviews.keys().next().copied().unwrap_or(ReviewId(0));
    let (text, owner, due) = ("Migrate in small batches".to_owned(), "ben".to_owned(), "2026-02-01".to_owned());
    demo.submit(&Command::AddActionItem { review, text, owner, due }, &ana()).unwrap();
    demo.submit(&Command::PublishReview { review, text: None }, &ana()).unwrap();
    demo.submit(&backup, &Actor::Source("ping".into())).unwrap();
    demo.advance_to(at(60 * 51));
    demo
}

#[test]
fn the_generated_log_of_the_demo_is_what_this_release_writes() {
    let demo = told();
    let lines: Vec<String> = demo.log().iter().map(|recorded| serde_json::to_string(recorded).unwrap()).collect();
    let text = lines.join("\n") + "\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/logs/0.1.0-demo.jsonl");
    if std::env::var_os("ALLCLEAR_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "stale: `cargo xtask generate`");
}
