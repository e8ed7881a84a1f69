//! Reads the live estate for a plan: what each change would touch now, which programs are missing, and how long each
//! step took before.
//!
//! Nothing here changes anything: only previews are performed, and of those only what the catalogue takes for observing;
//! each has a limit of time and of output. What cannot be told is said to be unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use allclear_core::{EffectClass, PerformEffect, Plan, PlannedCommand, PlannedStep, RunId, StepKind, Target};
use allclear_drivers::Sessions;
use allclear_runbook::{Catalogue, classify_with};
use futures::StreamExt as _;
use tokio::sync::mpsc;

/// How long one look may take: a plan is read by somebody in a hurry.
const LOOK_TAKES_MOST: Duration = Duration::from_secs(10);
/// What one look may show; a preview that is longer is cut and says so.
const SHOWN_BYTES_MAX: usize = 4 * 1024;
/// Looks are told apart by number: those at programs begin here.
const FIRST_PROGRAM: u64 = 1 << 32;
/// Looks at the same time: an estate in trouble is not to be asked everything at once.
const LOOKS_AT_ONCE: usize = 4;

/// What was found out about a plan.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// What a command would touch now, by number of the step and index of the command.
    previews: BTreeMap<(u32, usize), Look>,
    /// What each program says of itself; `None` where it is missing.
    programs: BTreeMap<String, Option<String>>,
}

/// What one look came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Look {
    /// It shows this.
    Shown(String),
    /// Nobody knows, and why.
    Unknown(String),
}

/// Programs that tell their version, and how they are asked. Any other is only looked for.
const VERSIONS: [(&str, &str); 14] = [
    ("kubectl", "kubectl version --client"),
    ("helm", "helm version --short"),
    ("psql", "psql --version"),
    ("pg_dump", "pg_dump --version"),
    ("pg_restore", "pg_restore --version"),
    ("redis-cli", "redis-cli --version"),
    ("aws", "aws --version"),
    ("gcloud", "gcloud --version"),
    ("az", "az version"),
    ("docker", "docker --version"),
    ("git", "git --version"),
    ("openssl", "openssl version"),
    ("curl", "curl --version"),
    ("terraform", "terraform version"),
];

impl Look {
    fn first_line(&self) -> String {
        match self {
            Self::Shown(text) => text.lines().next().unwrap_or_default().to_owned(),
            Self::Unknown(_) => "unknown".to_owned(),
        }
    }
}

impl Survey {
    /// Looks at everything that the plan speaks of, on that estate.
    pub(crate) async fn take(plan: &Plan, target: &Target, catalogue: &Catalogue) -> Self {
        let sessions = Sessions::default();
        let previews = plan.steps.iter().flat_map(|step| {
            let commands = step.commands.iter().enumerate();
            commands.filter_map(|(index, command)| {
                let preview = command.preview.as_deref()?;
                // What goes with a manifest are commands.
                let language = if command.language == "yaml" { "bash" } else { command.language.as_str() };
                Some(((step.number, index), language.to_owned(), preview.to_owned()))
            })
        });
        let harmless = |language: &str, text: &str| classify_with(catalogue, language, text) == EffectClass::Observe;
        let previews = previews.filter(|(_, language, text)| harmless(language, text));
        let looks = previews.zip(1..).map(|((place, language, text), number)| {
            let sessions = &sessions;
            async move { (place, look(sessions, number, plan, target, &language, &text).await) }
        });
        let previews = futures::stream::iter(looks).buffer_unordered(LOOKS_AT_ONCE).collect::<Vec<_>>().await;
        Self { previews: previews.into_iter().collect(), programs: programs(&sessions, plan, target).await }
    }

    /// What that command would touch now; `None` where there is no way to look.
    pub(crate) fn preview(&self, step: u32, command: usize) -> Option<&Look> {
        self.previews.get(&(step, command))
    }

    /// What each program says of its version; `None` where it is missing.
    pub(crate) const fn programs(&self) -> &BTreeMap<String, Option<String>> {
        &self.programs
    }
}

/// Performs one preview. Its output is redacted like that of any step.
async fn look(sessions: &Sessions, number: u64, plan: &Plan, target: &Target, language: &str, text: &str) -> Look {
    let (sender, mut receiver) = mpsc::channel(1);
    let run = RunId(number);
    let effect = effect(run, plan, target, language, text);
    let mut shown = Vec::new();
    let performing = async move { sessions.perform(&effect, &sender).await };
    let collecting = async {
        while let Some(chunk) = receiver.recv().await {
            let room = SHOWN_BYTES_MAX.saturating_sub(shown.len());
            shown.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
    };
    let looked = async { tokio::join!(performing, collecting).0 };
    let Ok(performed) = tokio::time::timeout(LOOK_TAKES_MOST, looked).await else {
        sessions.cancel(run).await;
        return Look::Unknown(format!("no answer within {} s", LOOK_TAKES_MOST.as_secs()));
    };
    sessions.close(run).await;
    let text = String::from_utf8_lossy(&shown).trim_end().to_owned();
    match performed.succeeded {
        true => Look::Shown(text),
        false => Look::Unknown(reason(&performed.outcome.summary, &text)),
    }
}

/// What went wrong, with the last of what the command said.
fn reason(summary: &str, said: &str) -> String {
    const LINES: usize = 8;
    // The number and line are those of a plan that nobody sees.
    let summary = summary.split_once(") ").map_or(summary, |(_, rest)| rest);
    let lines: Vec<&str> = said.lines().collect();
    let last = lines[lines.len().saturating_sub(LINES)..].join("\n");
    format!("it {summary}\n{last}").trim_end().to_owned()
}

/// The preview as the only step of a plan of its own, with the variables of the plan that it is for.
fn effect(run: RunId, plan: &Plan, target: &Target, language: &str, text: &str) -> PerformEffect {
    let command = PlannedCommand::new(0, language, text.to_owned(), EffectClass::Observe, &plan.target);
    let nobody = PlannedStep::manual(1, 0, String::new(), String::new());
    let step = PlannedStep { kind: StepKind::Command, commands: vec![command], ..nobody };
    let plan = Plan { steps: vec![step], ..plan.clone() };
    PerformEffect {
        run,
        step: 1,
        attempt: 1,
        follows_cut_short: false,
        plan: Arc::new(plan),
        incident: None,
        target: target.clone(),
        directory: None,
        sealed: BTreeMap::new(),
        to_capture: [].into(),
        undoes: None,
    }
}

/// What each program that the plan needs says of its version; `None` where it is missing.
async fn programs(sessions: &Sessions, plan: &Plan, target: &Target) -> BTreeMap<String, Option<String>> {
    let needs = plan.steps.iter().flat_map(|step| &step.commands).flat_map(|command| &command.needs);
    let names: BTreeSet<&str> = needs.filter_map(|need| need.strip_prefix("program: ")).collect();
    let asked = names.into_iter().zip((FIRST_PROGRAM..).step_by(2)).map(|(name, number)| async move {
        let there = look(sessions, number, plan, target, "bash", &format!("command -v -- {}", quoted(name))).await;
        let known = VERSIONS.iter().find(|(program, _)| *program == name);
        let version = match (there, known) {
            (Look::Unknown(_), _) => None,
            (Look::Shown(_), None) => Some(String::new()),
            (Look::Shown(_), Some((_, question))) => {
                Some(look(sessions, number + 1, plan, target, "bash", question).await.first_line())
            }
        };
        (name.to_owned(), version)
    });
    futures::stream::iter(asked).buffer_unordered(LOOKS_AT_ONCE).collect().await
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
