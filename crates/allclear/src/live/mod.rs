//! What a plan says about the estate as it is now: previews, programs, durations.
//!
//! None of it is part of the plan or of its digest: it is old the moment it is printed.

mod past;
mod survey;

use allclear_core::{Plan, Target};
use allclear_runbook::Catalogue;
use owo_colors::OwoColorize as _;
use serde_json::{Value, json};

use self::past::Durations;
use self::survey::{Look, Survey};
use crate::Common;
use crate::config;
use crate::host;
use crate::print;

/// What was found out. By default nothing was looked at.
#[derive(Debug, Default)]
pub(crate) struct Live {
    survey: Option<Survey>,
    durations: Durations,
}

/// Whether to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looking {
    /// Wherever the target is one of the configuration: somebody said what it is.
    WhereConfigured,
    /// In any case.
    Always,
    /// At nothing but the log.
    Never,
}

impl Live {
    /// Looks at the estate and at the runs of before.
    pub(crate) async fn of(plan: &Plan, looking: Looking, common: &Common) -> anyhow::Result<Self> {
        let target = configured(plan, common)?;
        let wanted = match looking {
            Looking::WhereConfigured => target.is_some(),
            Looking::Always => true,
            Looking::Never => false,
        };
        let survey = if wanted {
            let catalogue: Catalogue = config::load_catalogue(&common.config).unwrap_or_default();
            Some(Survey::take(plan, &target.unwrap_or_default(), &catalogue).await)
        } else {
            None
        };
        // A log that cannot be read now, because another verb has it, is no reason to show no plan.
        let durations = past::durations(&plan.procedure, common).await.unwrap_or_default();
        Ok(Self { survey, durations })
    }

    /// As fields of the plan's document: `live` of a command, `duration` of a step, `programs`.
    pub(crate) fn add_to(&self, document: &mut Value) {
        for step in document["steps"].as_array_mut().into_iter().flatten() {
            let number = step["number"].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
            if let Some(took) = self.durations.get(&number) {
                step["duration"] =
                    json!({"runs": took.len(), "median_ms": median(took), "longest_ms": took.iter().max()});
            }
            let commands = step["commands"].as_array_mut().into_iter().flatten();
            for (index, command) in commands.enumerate() {
                match self.survey.as_ref().and_then(|survey| survey.preview(number, index)) {
                    Some(Look::Shown(text)) => command["live"] = json!({"shown": text}),
                    Some(Look::Unknown(why)) => command["live"] = json!({"unknown": why}),
                    None => {}
                }
            }
        }
        if let Some(survey) = &self.survey {
            document["programs"] = json!(survey.programs());
        }
    }

    /// What the preview of a command shows now; whether it shows anything.
    pub(crate) fn print_preview(&self, step: u32, command: usize) -> bool {
        let look = self.survey.as_ref().and_then(|survey| survey.preview(step, command));
        match look {
            Some(Look::Shown(text)) if text.is_empty() => print::line("       now: nothing"),
            Some(Look::Shown(text)) => print_indented("now", text),
            Some(Look::Unknown(why)) => print_indented("now unknown", why),
            None => {}
        }
        matches!(look, Some(Look::Shown(_)))
    }

    /// How long a step took before.
    pub(crate) fn print_duration(&self, step: u32) {
        let Some(took) = self.durations.get(&step) else { return };
        let runs = if took.len() == 1 { "1 run".to_owned() } else { format!("{} runs", took.len()) };
        print::line(format!("   took {} in the median of {runs}", readable(median(took))));
    }

    /// The programs that the plan needs, those that are missing first.
    pub(crate) fn print_programs(&self) {
        let Some(survey) = &self.survey else { return };
        let mut programs: Vec<_> = survey.programs().iter().collect();
        programs.sort_by_key(|(_, version)| version.is_some());
        for (number, (name, version)) in programs.into_iter().enumerate() {
            if number == 0 {
                print::line("\nPrograms:");
            }
            match version.as_deref() {
                None => print::line(format!("   {name}: {}", "not found on this machine".red().bold())),
                Some("") => print::line(format!("   {name}: found")),
                Some(version) => print::line(format!("   {name}: {version}")),
            }
        }
    }
}

/// The target, where the configuration names it.
fn configured(plan: &Plan, common: &Common) -> anyhow::Result<Option<Target>> {
    if !common.config.exists() {
        return Ok(None);
    }
    Ok(host::load_for_runs(&common.config)?.config.policy.targets.remove(&plan.target))
}

fn print_indented(label: &str, text: &str) {
    let mut label = format!("{label}: ");
    for line in text.lines() {
        print::line(format!("       {label}{line}"));
        label = " ".repeat(label.len());
    }
}

/// The nearest rank.
fn median(values: &[u64]) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

fn readable(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..120_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}
