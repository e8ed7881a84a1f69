//! A procedure resolved against a target and variables: no choice left.
//!
//! A plan is a pure value. It travels inside the event that starts a run, so that editing the runbook never changes
//! a run in flight. Secret values are never part of a plan: a command refers to them by the name of a variable that
//! is set in the environment of the step.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Not;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// What a command does to the world, from mildest to worst; `Unknown` is treated as if it might be the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EffectClass {
    /// Reads only: performing it twice changes nothing.
    Observe,
    /// Changes state that can be changed back.
    Change,
    /// Takes something away from users while it lasts.
    Outage,
    /// Loses something for good.
    Destroy,
    /// Could not be told from the text.
    Unknown,
}

impl EffectClass {
    /// The word used in plans, tables and JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Change => "change",
            Self::Outage => "outage",
            Self::Destroy => "destroy",
            Self::Unknown => "unknown",
        }
    }
}

/// A whole procedure, ready to be approved and performed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Digest of everything else in the plan; what a person approves.
    pub digest: Digest,
    /// Path of the runbook as it was given.
    pub runbook: String,
    /// Digest of the runbook's text at planning time.
    pub runbook_digest: Digest,
    /// Id of the procedure, such as `city-api-answers-slowly`.
    pub procedure: String,
    /// The procedure's heading, as written.
    pub title: String,
    /// Name of the estate that the commands act on.
    pub target: String,
    /// Variables that are not secret, by name.
    pub variables: BTreeMap<String, String>,
    /// Names of the variables whose values are secret and travel by environment only.
    pub secrets: Vec<String>,
    /// The steps in the order of the runbook.
    pub steps: Vec<PlannedStep>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// The number of the step in the runbook; rising, with gaps where steps were left out.
    pub number: u32,
    /// Line of the step in the runbook, 1-based.
    pub line: u32,
    /// The step's title, without markup.
    pub title: String,
    /// The step's prose, without markup and without its commands; may be empty.
    pub prose: String,
    /// Whether Allclear performs the step or a person does.
    pub kind: StepKind,
    /// The commands in order; empty for a manual step.
    pub commands: Vec<PlannedCommand>,
    /// Performed again and again until it succeeds; only for a step that observes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// In the plan of an undo: number of the step that this one puts back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u32>,
    /// In the plan of an undo: whether an attempt at that step was cut short, of which something may still be running.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub undoes_cut_short: bool,
}

/// How a step waits for what it observes to become so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Time from one look to the next, in seconds.
    pub every_s: u32,
    /// When it has failed, in seconds.
    pub at_most_s: u32,
}

/// Who performs a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// Allclear performs the step's commands.
    Command,
    /// A person does it and confirms with a note.
    Manual,
}

/// One command of a step, with every variable filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCommand {
    /// First line of the command in the runbook, 1-based.
    pub line: u32,
    /// Language of the fence: `bash`, `sql`, `yaml`, `http`.
    pub language: String,
    /// The text that will be performed.
    pub rendered: String,
    /// What it does to the world, as the runbook declares it or else as the catalogue takes it.
    pub effect: EffectClass,
    /// What the catalogue takes it for, where the runbook declares something milder. Approvals go by the graver of both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classified: Option<EffectClass>,
    /// The commands that bring back what was before; `None` where nobody knows any. In the language of the command, and
    /// in bash where that is a manifest.
    pub undo: Option<String>,
    /// What is recorded before, by the variable that the undo finds it in: the command whose output it holds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub capture: BTreeMap<String, String>,
    /// In the plan of an undo: what was recorded before the change, by the variable that the command finds it in: the
    /// digest of the sealed bytes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub captured: BTreeMap<String, Digest>,
    /// Where it is one pipeline: the places of its parts, from 0, that stop reading before all of it came. Whoever wrote
    /// to them and was ended by SIGPIPE has not failed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub early_readers: BTreeSet<u32>,
    /// Commands that show what would happen, and change nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// Commands that tell afterwards whether it worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<String>,
    /// Programs and permissions without which it fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Why it cannot be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub irreversible: Option<String>,
    /// Digest of everything that would be performed with it: language, rendered text, target, captures, what was
    /// captured, whose SIGPIPE is no failure, and undo. A single approval is bound to it.
    pub digest: Digest,
}

impl PlannedCommand {
    /// A command bound to its target by digest.
    pub fn new(line: u32, language: &str, rendered: String, effect: EffectClass, target: &str) -> Self {
        let unbound = Self {
            line,
            language: language.to_owned(),
            rendered,
            effect,
            classified: None,
            undo: None,
            capture: BTreeMap::new(),
            captured: BTreeMap::new(),
            early_readers: BTreeSet::new(),
            preview: None,
            verify: None,
            needs: Vec::new(),
            irreversible: None,
            digest: Digest::default(),
        };
        unbound.bound(target)
    }

    /// The graver of what is declared and what the catalogue takes it for.
    pub fn gravest(&self) -> EffectClass {
        self.classified.map_or(self.effect, |classified| classified.max(self.effect))
    }

    /// In words, where the runbook declares something milder than the catalogue takes it for.
    pub fn milder_by_word(&self) -> Option<String> {
        let classified = self.classified.filter(|classified| *classified > self.effect)?;
        let declared = self.effect.word();
        Some(match classified {
            EffectClass::Unknown => format!("the runbook says {declared}; Allclear cannot tell"),
            known => format!("the runbook says {declared}; Allclear would say {}", known.word()),
        })
    }

    /// Binds the command to its target anew, after what goes with it was set.
    #[must_use]
    pub fn bound(mut self, target: &str) -> Self {
        let mut parts = vec!["command", &self.language, &self.rendered, target];
        for (name, command) in &self.capture {
            parts.extend(["capture", name, command]);
        }
        for (name, digest) in &self.captured {
            parts.extend(["captured", name, digest.as_str()]);
        }
        let early: Vec<String> = self.early_readers.iter().map(u32::to_string).collect();
        parts.extend(early.iter().flat_map(|place| ["early reader", place.as_str()]));
        parts.extend(self.undo.iter().flat_map(|undo| ["undo", undo]));
        self.digest = Digest::of_parts(parts);
        self
    }
}

impl Plan {
    /// Sets the digest from the content; the last thing that planning does.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.digest = self.content_digest();
        self
    }

    /// The digest that the content ought to have.
    pub fn content_digest(&self) -> Digest {
        let unsealed = Self { digest: Digest::default(), ..self.clone() };
        let text = serde_json::to_string(&unsealed).expect("a plan is plain data and serialises");
        Digest::of_parts(["plan", &text])
    }

    /// The step of that number.
    pub fn step(&self, number: u32) -> Option<&PlannedStep> {
        self.steps.iter().find(|step| step.number == number)
    }
}

impl PlannedStep {
    /// A step that a person does and confirms.
    pub fn manual(number: u32, line: u32, title: String, prose: String) -> Self {
        let (kind, commands) = (StepKind::Manual, Vec::new());
        Self { number, line, title, prose, kind, commands, wait: None, undoes: None, undoes_cut_short: false }
    }

    /// How many commands find the world as it is before the step: the first. What is before a later one shows only when
    /// its turn comes, for one that changes nothing may still choose the cluster or project that those after it act on.
    pub fn undisturbed(&self) -> usize {
        self.commands.len().min(1)
    }

    /// When that is recorded which is before the command of this index, as the end of a sentence that says what is.
    pub fn recorded_when(&self, index: usize) -> &'static str {
        let is = |language: &str, index: usize| self.commands.get(index).is_some_and(|it| it.language == language);
        match index {
            _ if index < self.undisturbed() => "before the step is started",
            _ if is("sql", index) => "right before the transaction in which it is performed",
            _ if is("bash", index) => "right before it, in the folder where the step began",
            _ => "right before it",
        }
    }

    /// The worst effect among the step's commands; a manual step has none.
    pub fn effect(&self) -> Option<EffectClass> {
        self.commands.iter().map(|command| command.effect).max()
    }

    /// The worst that any of the step's commands may do, by what is declared and by what the catalogue takes it for.
    pub fn gravest(&self) -> Option<EffectClass> {
        self.commands.iter().map(PlannedCommand::gravest).max()
    }

    /// Digest of the whole step: what a person approves when the run asks.
    pub fn digest(&self, target: &str) -> Digest {
        let number = self.number.to_string();
        let undoes = self.undoes.map(|undoes| undoes.to_string());
        let wait = self.wait.map(|wait| format!("{} {}", wait.every_s, wait.at_most_s));
        let mut parts = vec!["step", target, number.as_str(), self.title.as_str()];
        parts.extend(self.commands.iter().map(|command| command.digest.as_str()));
        parts.extend(wait.iter().flat_map(|wait| ["wait", wait]));
        parts.extend(undoes.iter().flat_map(|undoes| ["undoes", undoes]));
        Digest::of_parts(parts)
    }
}
