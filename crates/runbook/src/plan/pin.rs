//! Whether commands stay within the estate that the target of a run names.
//!
//! Told from the syntax tree: a flag, an operand or an assignment that names another context, namespace, host, database
//! or account than the target does. Where the target says nothing about that kind of estate, nothing is refused. What
//! runs on another host or in a container is not looked at: what it names is named from there.

mod call;
mod database;
mod pins;
mod values;

#[cfg(test)]
mod tests;

use allclear_core::{EffectClass, Plan, Target};

use super::{PlanRefusal, PlanRequest};
use crate::effect::{Catalogue, shown_input};
use crate::syntax::bash::{self, Invocation};
use crate::syntax::yaml;
use call::{Named, Naming};
use pins::{Kind, Pins};
use values::{Known, Values};

/// What the commands of a plan name that is not of its target, whoever made it; none where they stay within.
pub fn strays(plan: &Plan, estate: &Target, catalogue: &Catalogue) -> Vec<PlanRefusal> {
    let request = PlanRequest {
        target: plan.target.clone(),
        variables: plan.variables.clone(),
        environment: estate.env.keys().cloned().collect(),
        estate: estate.clone(),
        ..PlanRequest::default()
    };
    let mut pinning = Pinning::new(&request);
    let commands = plan.steps.iter().flat_map(|step| &step.commands);
    commands.flat_map(|it| pinning.refusals(catalogue, &it.language, &it.rendered, it.line)).collect()
}

/// What the target pins, and what the plan knows about variables so far.
pub(super) struct Pinning<'p> {
    target: &'p str,
    pins: Pins,
    values: Values,
}

impl<'p> Pinning<'p> {
    pub(super) fn new(request: &'p PlanRequest) -> Self {
        Self { target: &request.target, pins: Pins::of(&request.estate), values: Values::of(request) }
    }

    /// What the command names that is not of the target, once each.
    pub(super) fn refusals(
        &mut self,
        catalogue: &Catalogue,
        language: &str,
        text: &str,
        line: u32,
    ) -> Vec<PlanRefusal> {
        let mut found: Vec<PlanRefusal> = Vec::new();
        let named = match language {
            "bash" => self.named_by_script(catalogue, text),
            "yaml" => self.named_by_manifests(text),
            _ => Vec::new(),
        };
        for Named { kind, by, value } in named {
            if let Some(expected) = self.contradicted(kind, value.as_deref()) {
                let refusal = PlanRefusal::OtherEstate {
                    kind: kind.word().to_owned(),
                    by,
                    named: value,
                    expected,
                    target: self.target.to_owned(),
                    line,
                };
                if !found.contains(&refusal) {
                    found.push(refusal);
                }
            }
        }
        found
    }

    fn named_by_script(&mut self, catalogue: &Catalogue, text: &str) -> Vec<Named> {
        let script = bash::parse(text);
        let mut named = Vec::new();
        for (index, invocation) in script.invocations.iter().enumerate() {
            if script.is_elsewhere(index) {
                continue;
            }
            named.extend(self.assigned(invocation));
            let call = catalogue.call(invocation);
            let changes = catalogue.decide(&call).is_none_or(|it| it.effect != EffectClass::Observe);
            named.extend(Naming { call: &call, values: &self.values }.named(changes));
            if matches!(call.program, "kubectl" | "oc" | "k") {
                named.extend(
                    shown_input(&script, index).map(|text| self.named_by_manifests(&text)).into_iter().flatten(),
                );
            }
        }
        named
    }

    fn named_by_manifests(&self, text: &str) -> Vec<Named> {
        let namespaces = yaml::manifests(text).into_iter().filter_map(|manifest| manifest.namespace);
        let named = |text: String| Named::resolved(Kind::Namespace, "metadata.namespace", self.values.of_text(&text));
        namespaces.filter_map(named).collect()
    }

    /// What the variables in front of a command, or those that it exports, would choose.
    fn assigned(&mut self, invocation: &Invocation) -> Vec<Named> {
        let program = invocation.program();
        let declares = matches!(program, "export" | "declare" | "typeset" | "readonly" | "local" | "env");
        let declared = invocation.arguments().iter().filter(|_| declares).filter_map(|word| {
            let (name, value) = word.value.split_once('=')?;
            Some((name, value, word.opaque))
        });
        let assigned = invocation.assignments.iter().map(|it| (it.name.as_str(), it.value(), it.word.opaque));
        let stays = declares && program != "env" || invocation.words.is_empty();
        let mut named = Vec::new();
        for (name, value, opaque) in assigned.chain(declared) {
            let value = if opaque { Known::OnlyThen } else { self.values.of_text(value) };
            if let Some(kind) = Kind::of_variable(name) {
                named.extend(pins::chosen(kind, name, value.clone()));
            }
            if stays {
                self.values.set(name, value);
            }
        }
        named
    }

    /// What the target says instead, if the value is another.
    fn contradicted(&self, kind: Kind, value: Option<&str>) -> Option<String> {
        let expected = self.pins.expected(kind)?;
        let same = value.is_some_and(|value| kind.is_same(value, expected));
        (!same).then(|| expected.to_owned())
    }
}
