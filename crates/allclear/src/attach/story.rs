//! What a terminal has told of a run: each event once and each byte of output once, also after the connection was lost
//! and the server told everything again.

use std::io::Write as _;

use serde_json::Value;

use crate::print;

/// The run as far as it was told.
#[derive(Default)]
pub(super) struct Story {
    plan: Value,
    /// The last request for an approval.
    asked: Value,
    /// Position of the last event that was told.
    seq: u64,
    /// The step that is being performed, as far as is known.
    under_way: Option<u64>,
    /// The step whose output was told last, and how much of it.
    output: (u64, usize),
    /// Whether the server is telling the beginning again.
    again: bool,
    held: (u64, String),
}

impl Story {
    /// Position of the last event that was told.
    pub(super) const fn seq(&self) -> u64 {
        self.seq
    }

    /// The step that is being performed, as far as is known.
    pub(super) const fn under_way(&self) -> Option<u64> {
        self.under_way
    }

    /// The stream begins anew.
    pub(super) fn restart(&mut self) {
        self.again = self.seq > 0;
        self.held = (0, String::new());
    }

    /// What had happened before has been told.
    pub(super) fn caught_up(&mut self) {
        self.tell_held();
        self.again = false;
    }

    pub(super) fn take_output(&mut self, data: &Value) {
        let (step, text) = (data["step"].as_u64().unwrap_or(0), data["text"].as_str().unwrap_or_default());
        if self.again {
            self.held.0 = step;
            self.held.1.push_str(text);
        } else {
            self.tell_output(step, text);
        }
    }

    pub(super) fn take_event(&mut self, record: &Value) {
        let seq = record["seq"].as_u64().unwrap_or(0);
        if seq <= self.seq {
            self.held.1.clear();
            self.keep_plan(&record["event"]);
            return;
        }
        self.tell_held();
        self.seq = seq;
        match record["event"]["type"].as_str() {
            Some("StepStarted") => self.under_way = record["event"]["step"].as_u64(),
            Some("StepSucceeded" | "StepFailed" | "StepInDoubt" | "RunAborted") => self.under_way = None,
            _ => {}
        }
        self.tell(record);
    }

    /// The rest of what a step wrote while nobody listened.
    fn tell_held(&mut self) {
        let (step, text) = std::mem::take(&mut self.held);
        let told = if self.output.0 == step { self.output.1 } else { 0 };
        if let Some(rest) = text.get(told..).filter(|rest| !rest.is_empty()) {
            self.tell_output(step, rest);
        }
    }

    fn tell_output(&mut self, step: u64, text: &str) {
        if self.output.0 != step {
            self.output = (step, 0);
        }
        self.output.1 += text.len();
        // A closed pipe ends nothing but the printing.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    fn keep_plan(&mut self, event: &Value) {
        if let Some("RunPlanned" | "UndoStarted") = event["type"].as_str() {
            self.plan = event["plan"].clone();
        }
    }

    fn tell(&mut self, record: &Value) {
        let event = &record["event"];
        self.keep_plan(event);
        let by = print::actor(&print::text(&record["cause"], "actor"));
        let field = |name: &str| print::text(event, name);
        let step = field("step");
        match event["type"].as_str().unwrap_or_default() {
            "ApprovalRequested" => {
                self.asked = record.clone();
                announce(&event["step"], &self.plan);
            }
            "ApprovalGiven" => print::words(format!("  approved {}", self.agreed(record, &by))),
            "ApprovalExpired" => print::words(format!("The approval of step {step} lapsed: it is asked for again.")),
            "StateCaptured" => print::words("  what is before is recorded"),
            // Of one that is being performed the failure that follows says the same.
            "CaptureFailed" if self.under_way.is_some() => {}
            "UndoForgone" => print::words(format!("  {by} has it performed without an undo: {}", field("reason"))),
            "CaptureFailed" => print::words(format!("Step {step} was not performed: {}", field("summary"))),
            "StepStarted" => self.output = (event["step"].as_u64().unwrap_or(0), 0),
            "StepSucceeded" => print::words(format!("  {}{}", took(event), by_hand(record, &by))),
            "StepFailed" => print::words(format!("Step {step} failed: {}", print::text(&event["outcome"], "summary"))),
            "StepInDoubt" => {
                print::words(format!("Step {step} is in doubt: it was started and nobody knows how it ended."));
            }
            "StepSkipped" => print::words(format!("  left out by {by}: {}", field("reason"))),
            "RunPaused" => print::words(format!("Paused by {by}.")),
            "RunResumed" => print::words(format!("{by} goes on.")),
            "RunAborted" => print::words(format!("Aborted by {by}: {}", field("reason"))),
            _ => {}
        }
    }

    /// Whoever approves by a command says so now; any other approval was given with the request for the run, also that of
    /// the step which is asked for in the same breath.
    fn agreed(&self, record: &Value, by: &str) -> String {
        let step = &record["event"]["step"];
        let asked = &self.asked;
        let in_one_breath = asked["event"]["step"] == *step
            && asked["at"] == record["at"]
            && asked["cause"] == record["cause"]
            && asked["seq"].as_u64().map(|seq| seq + 1) == record["seq"].as_u64();
        let now = match record["cause"]["command"].as_str() {
            Some("approve-step") => !in_one_breath,
            Some("repeat-step" | "forgo-undo") => true,
            Some("confirm-step") => planned(&self.plan, step).is_some_and(|planned| planned["kind"] == "manual"),
            _ => false,
        };
        if now { format!("by {by}") } else { "beforehand".to_owned() }
    }
}

/// The step of that number in a plan.
fn planned<'a>(plan: &'a Value, number: &Value) -> Option<&'a Value> {
    plan["steps"].as_array().into_iter().flatten().find(|planned| planned["number"] == *number)
}

fn took(event: &Value) -> String {
    match event["outcome"]["duration_ms"].as_u64() {
        Some(ms) if ms > 0 => {
            let seconds = std::time::Duration::from_millis(ms).as_secs_f64();
            format!("step {} succeeded after {seconds:.1} s", event["step"])
        }
        _ => format!("step {} succeeded", event["step"]),
    }
}

/// The note of whoever did it or saw it.
fn by_hand(record: &Value, by: &str) -> String {
    if record["cause"]["command"] == "confirm-step" {
        format!(" ({by}: {})", print::text(&record["event"]["outcome"], "summary"))
    } else {
        String::new()
    }
}

/// What a step would perform.
pub(crate) fn announce(number: &Value, plan: &Value) {
    let Some(planned) = planned(plan, number) else { return };
    print::words(format!("\nStep {number}: {}", print::text(planned, "title")));
    let prose = print::text(planned, "prose");
    if !prose.is_empty() {
        print::words(format!("  {prose}"));
    }
    if let Some(wait) = planned["wait"].as_object() {
        let (every, most) = (&wait["every_s"], &wait["at_most_s"]);
        print::words(format!("  looks every {every} s until it is so, for {most} s at most"));
    }
    for command in planned["commands"].as_array().into_iter().flatten() {
        for (index, line) in print::text(command, "rendered").lines().enumerate() {
            let effect = if index == 0 { format!("   [{}]", effect(command)) } else { String::new() };
            print::words(format!("  {} {line}{effect}", if index == 0 { "$" } else { " " }));
        }
    }
}

/// What a command does; where the runbook declares something milder than the catalogue says, both.
fn effect(command: &Value) -> String {
    let declared = print::text(command, "effect");
    match command["classified"].as_str() {
        Some("unknown") => format!("{declared} by the runbook; Allclear cannot tell"),
        Some(known) => format!("{declared} by the runbook; Allclear would say {known}"),
        None => declared,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_told_again_after_a_lost_connection_is_not_printed_again() {
        let mut story = Story::default();
        let event = |seq: u64, kind: &str| json!({"seq": seq, "event": {"type": kind, "step": 1}, "cause": {}});
        story.restart();
        story.take_event(&event(1, "RunPlanned"));
        story.caught_up();
        story.take_event(&event(2, "StepStarted"));
        story.take_output(&json!({"step": 1, "text": "half"}));
        assert_eq!(story.output, (1, 4));

        story.restart();
        story.take_event(&event(1, "RunPlanned"));
        story.take_event(&event(2, "StepStarted"));
        story.take_output(&json!({"step": 1, "text": "half and half"}));
        assert_eq!(story.output, (1, 4), "nothing is printed before it is known what is new");
        story.take_event(&event(3, "StepSucceeded"));
        assert_eq!((story.output, story.seq), ((1, 13), 3), "only the rest was printed");
        story.caught_up();
        assert_eq!(story.output, (1, 13));
    }
}
