//! The names under which the blanks of a runbook are given values, and where these blanks stand.

use std::collections::{BTreeMap, BTreeSet};

use super::{PlanRequest, Planner, back};
use crate::effect::Catalogue;
use crate::model::{Command, Runbook, VariableForm};
use crate::parse::add_literals;
use crate::variable::{self, Occurrence};
use crate::variable_name;

/// What a runbook calls its variables.
#[derive(Debug)]
pub(super) struct Names<'r> {
    /// By what is written: the name to set it by.
    by_text: BTreeMap<&'r str, &'r str>,
    /// Examples that the text tells the reader to replace, longest first.
    literals: Vec<String>,
}

impl<'r> Names<'r> {
    pub(super) fn of(runbook: &'r Runbook) -> Self {
        let literals = runbook.variables.iter().filter(|variable| variable.form == VariableForm::Literal);
        let mut literals: Vec<String> = literals.map(|variable| variable.written.clone()).collect();
        literals.sort_by_key(|literal| std::cmp::Reverse(literal.len()));
        Self { by_text: variable_name::by_text(runbook), literals }
    }

    /// The name of a variable, whether it is given or what is written.
    fn name(&self, given: &str) -> String {
        self.by_text.get(given).map_or_else(|| given.to_owned(), |name| (*name).to_owned())
    }

    /// The same request by the names of variables.
    pub(super) fn of_request(&self, request: &PlanRequest) -> PlanRequest {
        let variables = request.variables.iter();
        PlanRequest {
            variables: variables.map(|(given, value)| (self.name(given), value.clone())).collect(),
            secrets: request.secrets.iter().map(|given| self.name(given)).collect(),
            ..request.clone()
        }
    }

    /// The places of a command that can be filled in, by the names to set them by.
    pub(super) fn occurrences(&self, command: &Command) -> Vec<Occurrence> {
        let mut found = variable::occurrences(&command.language, &command.text);
        add_literals(&self.literals, &command.language, &command.text, &mut found);
        for occurrence in &mut found {
            occurrence.name = self.name(&occurrence.name);
        }
        found
    }
}

/// Everything that a value can be given to, in a procedure and in what it says about going back: the name, and what is
/// written in the runbook, each with the name that it stands for. A variable that the commands set themselves is none.
pub fn variable_names(runbook: &Runbook, procedure_id: &str) -> BTreeMap<String, String> {
    let Some(procedure) = runbook.procedure(procedure_id) else { return BTreeMap::new() };
    let names = Names::of(runbook);
    let (request, catalogue) = (PlanRequest::default(), Catalogue::default());
    let mut planner = Planner::new(&request, &catalogue, &names);
    // All alternatives and all steps: which of them are taken is another question.
    for command in procedure.steps.iter().flat_map(|step| &step.commands) {
        planner.command(command);
    }
    let going_back = back(procedure).flat_map(|command| names.occurrences(command));
    let asked: BTreeSet<String> =
        std::mem::take(&mut planner.asked).into_iter().chain(going_back.map(|occurrence| occurrence.name)).collect();
    let written = names.by_text.iter().filter(|(_, name)| asked.contains(**name));
    let written = written.map(|(written, name)| ((*written).to_owned(), (*name).to_owned()));
    written.chain(asked.iter().map(|name| (name.clone(), name.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNBOOK: &str = "# Cart is stuck\n\n**When**: carts do not empty\n\n1. Replace `db-1` with the host of the \
        standby:\n```bash\nNODE=a\nping -c 1 db-1 && echo \"db-1 $NODE $REGION\"\nkubectl delete pod <pod>\n```\n\n\
        ## Rollback\n\n```bash\nkubectl get pod <old>\n```\n";

    #[test]
    fn the_names_of_a_procedure_are_those_that_take_a_value() {
        let (runbook, _) = crate::parse("x.md", RUNBOOK);
        let id = &runbook.procedures[0].id;
        let names = variable_names(&runbook, id);
        assert_eq!(names.keys().collect::<Vec<_>>(), ["REGION", "db-1", "old", "pod"]);
        assert!(variable_names(&runbook, "no-such-procedure").is_empty());
    }

    #[test]
    fn an_example_that_is_to_be_replaced_is_replaced_everywhere_and_stays_where_no_value_is_given() {
        let (runbook, _) = crate::parse("x.md", RUNBOOK);
        let id = &runbook.procedures[0].id;
        let rendered = |given: &[(&str, &str)]| {
            let given = given.iter().chain(&[("REGION", "north"), ("pod", "cart-1")]);
            let variables = given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let plan = crate::plan(&runbook, id, &PlanRequest { variables, ..PlanRequest::default() }).unwrap();
            plan.steps[0].commands[1].rendered.clone()
        };
        assert_eq!(rendered(&[]), "ping -c 1 db-1 && echo \"db-1 $NODE $REGION\"");
        assert_eq!(rendered(&[("db-1", "b $x")]), "ping -c 1 'b $x' && echo \"b \\$x $NODE $REGION\"");
    }
}
