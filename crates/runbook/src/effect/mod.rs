//! What a command does to the world, told from its syntax tree: `observe`, `change`, `outage`, `destroy` or `unknown`.
//!
//! The class is that of what is intended: reading with other rights or on another host is still reading. Conservative:
//! what the catalogue does not know is `unknown`, and so is anything hidden behind a variable or in a script that is not
//! shown. A wrong `observe` would be run without asking, so it takes a whole text of known readers.

mod applied;
mod catalogue;
mod client;
mod code;
mod elsewhere;
mod expansion;
mod input;
mod kept;
mod keys;
mod manifest;
mod measures;
mod query;
mod room;
mod script;
mod shell;
mod standing;
mod statement;
mod switch;

use allclear_core::{EffectClass, HttpRequest, http_requests};

use crate::model::{Command, Runbook};
use crate::syntax::bash::Script;

pub use catalogue::{Catalogue, CatalogueProblem};
pub(crate) use catalogue::{Program, built_in};
pub use expansion::Classifying;
pub(crate) use input::shown as shown_input;
pub use measures::{Measures, Measuring, measures};
pub(crate) use switch::CLUSTER_CLIENTS;

/// The effect of one command of the given language, as the built-in catalogue has it.
pub(crate) fn classify(language: &str, text: &str) -> EffectClass {
    classify_with(&Catalogue::default(), language, text)
}

/// The same, for a command whose syntax tree is at hand if it is in bash.
pub(crate) fn classify_parsed(language: &str, text: &str, script: &Script) -> EffectClass {
    match language {
        "bash" => shell::effect_of(&Catalogue::default(), text, script, 0),
        _ => classify(language, text),
    }
}

/// The effect of one command of the given language.
pub fn classify_with(catalogue: &Catalogue, language: &str, text: &str) -> EffectClass {
    let language = match language {
        "bash" => catalogue::Language::Bash,
        "sql" => catalogue::Language::Sql,
        "yaml" => catalogue::Language::Yaml,
        "redis" => catalogue::Language::Redis,
        "http" => return requests(text),
        _ => return EffectClass::Unknown,
    };
    code::effect(catalogue, language, text, 0)
}

/// What the methods of HTTP requests say; nobody knows what a server makes of them.
fn requests(text: &str) -> EffectClass {
    let requests = http_requests(text).unwrap_or_default();
    requests.iter().map(HttpRequest::effect).reduce(together).unwrap_or(EffectClass::Unknown)
}

/// Tells the effects of all commands once more, with a catalogue that knows more than the built-in one. What the
/// runbook itself declares stays.
pub fn reclassify(runbook: &mut Runbook, catalogue: &Catalogue) {
    if catalogue.is_built_in() {
        return;
    }
    let again = |command: &mut Command| {
        let found = classify_with(catalogue, &command.language, &command.text);
        command.effect = believed(command.declared, found);
    };
    for procedure in &mut runbook.procedures {
        let of_steps = procedure.steps.iter_mut().flat_map(|step| &mut step.commands);
        of_steps.chain(procedure.sections.iter_mut().flat_map(|section| &mut section.commands)).for_each(again);
    }
    runbook.snippets.iter_mut().map(|snippet| &mut snippet.command).for_each(again);
}

/// The effect that a command goes by. An author's word stands about what the catalogue does not know, about how bad a
/// change is, and where it is graver; nobody can declare that a known change only observes.
pub(crate) fn believed(declared: Option<EffectClass>, found: EffectClass) -> EffectClass {
    let stands = |declared: &EffectClass| {
        found == EffectClass::Unknown || *declared > found || *declared != EffectClass::Observe
    };
    declared.filter(stands).unwrap_or(found)
}

/// Several effects together: what destroys stays visible; otherwise one unknown makes the whole unknown.
fn together(one: EffectClass, other: EffectClass) -> EffectClass {
    if one == EffectClass::Destroy || other == EffectClass::Destroy { EffectClass::Destroy } else { one.max(other) }
}

#[cfg(test)]
mod tests;
