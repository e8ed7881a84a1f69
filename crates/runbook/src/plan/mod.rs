//! A procedure, a target and values to a plan that leaves no choice open, or the reasons why there is none.
//!
//! Invariants: every blank is filled, every alternative chosen, every command performable by this version; secret
//! values never enter a plan, commands refer to them by environment variable.

mod language;
mod manifest;
mod names;
mod pin;
mod refusal;
mod render;
mod render_query;
mod render_request;
mod session;

use std::collections::{BTreeMap, BTreeSet};

use allclear_core::{Digest, EffectClass, Plan, PlannedCommand, PlannedStep, Target, Wait, is_reserved_for};

use crate::early_reader::early_readers;
use crate::effect::{Catalogue, Classifying, Measuring, believed};
use crate::model::{Command, Procedure, Runbook, Section, SectionKind, Step, VariableForm};
use crate::secret;
use crate::variable;
use names::Names;
pub use names::variable_names;
use pin::Pinning;
pub use pin::strays;
pub use refusal::PlanRefusal;
pub use render::environment_name;

/// What a plan is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanRequest {
    /// Name of the estate that the commands act on.
    pub target: String,
    /// What the target says about the estate: a command that names another is refused.
    pub estate: Target,
    /// Values by variable name. Those of `$NAME` variables are set in the environment of every step.
    pub variables: BTreeMap<String, String>,
    /// Names of variables whose values the performer has and keeps secret.
    pub secrets: BTreeSet<String>,
    /// Names of environment variables that the target sets for every step.
    pub environment: BTreeSet<String>,
    /// Leave out the steps before this number.
    pub from: Option<u32>,
    /// Take only the steps with these numbers; all of them if empty.
    pub only: BTreeSet<u32>,
    /// Where commands are alternatives: the line of the first command of the option to take.
    pub alternatives: BTreeSet<u32>,
}

/// Plans a procedure, or says everything that stands in the way at once.
///
/// # Errors
/// One refusal per reason, in the order of the text.
pub fn plan(runbook: &Runbook, procedure_id: &str, request: &PlanRequest) -> Result<Plan, Vec<PlanRefusal>> {
    plan_with(runbook, procedure_id, request, &Catalogue::default())
}

/// Plans a procedure with a catalogue that knows more than the built-in one.
///
/// # Errors
/// One refusal per reason, in the order of the text.
pub fn plan_with(
    runbook: &Runbook,
    procedure_id: &str,
    request: &PlanRequest,
    catalogue: &Catalogue,
) -> Result<Plan, Vec<PlanRefusal>> {
    let Draft { plan, refusals } = draft(runbook, procedure_id, request, catalogue).map_err(|refusal| vec![refusal])?;
    if refusals.is_empty() { Ok(plan.sealed()) } else { Err(refusals) }
}

/// A plan as far as it got, which nobody can approve: it has no digest, and blanks without a value stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The steps that were asked for.
    pub plan: Plan,
    /// What stands in the way, in the order of the text; nothing where it could be sealed.
    pub refusals: Vec<PlanRefusal>,
}

/// Takes the undo from commands, by their place among all, for these reasons.
fn stay(steps: &mut [PlannedStep], reasons: &BTreeMap<usize, String>, target: &str) {
    let commands = steps.iter_mut().flat_map(|step| &mut step.commands).enumerate();
    for (place, command) in commands.filter(|(_, command)| command.undo.is_some()) {
        if let Some(why) = reasons.get(&place) {
            let irreversible = Some(why.clone());
            let stays = PlannedCommand { undo: None, capture: BTreeMap::new(), irreversible, ..command.clone() };
            *command = stays.bound(target);
        }
    }
}

/// Plans a procedure as far as that is possible, for whoever wants to see what would be performed.
///
/// # Errors
/// There is no such procedure.
pub fn draft(
    runbook: &Runbook,
    procedure_id: &str,
    request: &PlanRequest,
    catalogue: &Catalogue,
) -> Result<Draft, PlanRefusal> {
    let procedure = runbook.procedure(procedure_id).ok_or_else(|| unknown_procedure(runbook, procedure_id))?;
    let names = Names::of(runbook);
    let request = names.of_request(request);
    let mut planner = Planner::new(&request, catalogue, &names);
    planner.check_numbers(procedure);
    let mut steps: Vec<PlannedStep> = Vec::new();
    for step in &procedure.steps {
        match takes(&request, step.number) {
            true => steps.push(planner.step(step)),
            false => planner.left_out(step),
        }
    }
    stay(&mut steps, &planner.measuring.moved(), &request.target);
    let plan = Plan {
        digest: Digest::default(),
        runbook: runbook.path.clone(),
        runbook_digest: runbook.digest.clone(),
        procedure: procedure.id.clone(),
        title: procedure.title.clone(),
        target: request.target.clone(),
        variables: planner.variables,
        secrets: planner.secrets.into_iter().collect(),
        steps,
    };
    Ok(Draft { plan, refusals: planner.refusals })
}

/// What the runbook itself says about going back: the commands of the sections of the procedure that undo it or switch
/// on again what it switched off, in order, filled in as far as values are known. A run never performs them by itself.
pub fn rollback(runbook: &Runbook, procedure_id: &str, request: &PlanRequest) -> Vec<PlannedCommand> {
    let names = Names::of(runbook);
    let request = names.of_request(request);
    let planned = |command: &Command| {
        let occurrences = names.occurrences(command);
        let rendered =
            render::rendered(&command.language, &command.text, &occurrences, &request.variables, &request.secrets);
        PlannedCommand::new(command.line, &command.language, rendered, command.effect, &request.target)
    };
    runbook.procedure(procedure_id).into_iter().flat_map(back).map(planned).collect()
}

/// The commands by which a procedure is taken back, as the runbook has them.
fn back(procedure: &Procedure) -> impl Iterator<Item = &Command> {
    let back = |section: &&Section| matches!(section.kind, SectionKind::Rollback | SectionKind::ReEnable);
    procedure.sections.iter().filter(back).flat_map(|section| &section.commands)
}

fn takes(request: &PlanRequest, number: u32) -> bool {
    let wanted = request.only.is_empty() || request.only.contains(&number);
    wanted && request.from.is_none_or(|from| number >= from)
}

fn unknown_procedure(runbook: &Runbook, asked: &str) -> PlanRefusal {
    let mut known: Vec<String> = runbook.procedures.iter().map(|procedure| procedure.id.clone()).collect();
    known.sort_by_key(|id| distance(asked, id));
    PlanRefusal::UnknownProcedure { asked: asked.to_owned(), known }
}

/// Edits between two ids, less the length of what they share in front: what people mistype or cut short comes first.
fn distance(asked: &str, known: &str) -> usize {
    const LONGEST: usize = 200;
    if known.contains(asked) && !asked.is_empty() {
        return 0;
    }
    let known: Vec<char> = known.chars().take(LONGEST).collect();
    let mut row: Vec<usize> = (0..=known.len()).collect();
    for (above, a) in asked.chars().take(LONGEST).enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (at, b) in known.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

struct Planner<'r> {
    request: &'r PlanRequest,
    pinning: Pinning<'r>,
    catalogue: &'r Catalogue,
    classifying: Classifying<'r>,
    measuring: Measuring<'r>,
    names: &'r Names<'r>,
    refusals: Vec<PlanRefusal>,
    /// Names that the commands planned so far set themselves.
    assigned: BTreeSet<String>,
    variables: BTreeMap<String, String>,
    secrets: BTreeSet<String>,
    missing: BTreeSet<String>,
    /// The words that opened a session at the target's own database, where they did.
    own_session: Option<String>,
    /// Whether a command before may have turned `psql` to another database.
    strayed: bool,
    /// Names that the commands planned so far need from somewhere else.
    asked: BTreeSet<String>,
}

impl<'r> Planner<'r> {
    fn new(request: &'r PlanRequest, catalogue: &'r Catalogue, names: &'r Names<'r>) -> Self {
        Self {
            request,
            pinning: Pinning::new(request),
            catalogue,
            classifying: Classifying::new(catalogue, &request.variables),
            measuring: Measuring::new(catalogue, &request.estate),
            names,
            refusals: Vec::new(),
            assigned: BTreeSet::new(),
            variables: BTreeMap::new(),
            secrets: BTreeSet::new(),
            missing: BTreeSet::new(),
            own_session: None,
            strayed: false,
            asked: BTreeSet::new(),
        }
    }

    fn check_numbers(&mut self, procedure: &Procedure) {
        let known: Vec<u32> = procedure.steps.iter().map(|step| step.number).collect();
        let asked = self.request.only.iter().copied().chain(self.request.from);
        for number in asked.filter(|number| !known.contains(number)) {
            self.refusals.push(PlanRefusal::StepOutOfRange { number, known: known.clone(), line: procedure.line });
        }
        for line in &self.request.alternatives {
            let options = procedure.steps.iter().flat_map(|step| &step.commands).filter_map(|command| command.option);
            let options: BTreeSet<u32> = options.collect();
            if !options.contains(line) {
                self.refusals
                    .push(PlanRefusal::NoSuchAlternative { line: *line, options: options.into_iter().collect() });
            }
        }
    }

    fn step(&mut self, step: &Step) -> PlannedStep {
        self.measuring.begin_step();
        let undecided = self.check_choices(step);
        let mut commands = Vec::new();
        for command in &step.commands {
            if command.option.is_some_and(|option| undecided.contains(&option)) {
                commands.push(self.shown(command));
            } else if self.chosen(command) {
                commands.push(self.command(command));
            }
        }
        PlannedStep {
            number: step.number,
            line: step.line,
            title: step.title.clone(),
            prose: step.prose.clone(),
            kind: step.kind,
            commands,
            wait: self.wait(step),
            undoes: None,
            undoes_cut_short: false,
        }
    }

    /// How the step waits for what it looks at. What changes something is not to be tried again and again.
    fn wait(&mut self, step: &Step) -> Option<Wait> {
        let taken: Vec<&Command> = step.commands.iter().filter(|command| self.chosen(command)).collect();
        let wait = taken.iter().find_map(|command| command.wait)?;
        for command in taken.iter().filter(|command| command.effect != EffectClass::Observe) {
            self.refusals.push(PlanRefusal::WaitChanges { line: command.line, step: step.number });
        }
        Some(wait)
    }

    /// A command of which nobody knows yet whether it will be performed: what it lacks stands in nobody's way.
    fn shown(&mut self, command: &Command) -> PlannedCommand {
        let (refusals, missing) = (self.refusals.len(), self.missing.clone());
        let planned = self.command(command);
        self.refusals.truncate(refusals);
        self.missing = missing;
        planned
    }

    /// Every group of alternatives needs exactly one chosen option; the options of groups that have none.
    fn check_choices(&mut self, step: &Step) -> BTreeSet<u32> {
        let mut undecided = BTreeSet::new();
        let mut groups: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for command in &step.commands {
            if let Some(option) = command.option {
                groups.entry(command.alternative_of.unwrap_or(option)).or_default().insert(option);
            }
        }
        for (line, options) in groups.into_iter().filter(|(_, options)| options.len() > 1) {
            let chosen = options.intersection(&self.request.alternatives).count();
            let options: Vec<u32> = options.into_iter().collect();
            match chosen {
                0 => {
                    undecided.extend(&options);
                    self.refusals.push(PlanRefusal::AlternativeNotChosen { line, step: step.number, options });
                }
                1 => {}
                _ => self.refusals.push(PlanRefusal::AlternativesExclude { line, step: step.number, options }),
            }
        }
        undecided
    }

    fn chosen(&self, command: &Command) -> bool {
        command.option.is_none_or(|option| self.request.alternatives.contains(&option))
    }

    fn command(&mut self, command: &Command) -> PlannedCommand {
        let typed = self.typed(command);
        let command = typed.as_ref().unwrap_or(command);
        self.check_language(command);
        // Before the command is searched: a loop sets its own variable, and so does `a=1 && echo $a`.
        if command.language == "bash" {
            variable::assigned(&command.text, &mut self.assigned);
        }
        let occurrences = self.names.occurrences(command);
        for occurrence in &occurrences {
            let set_by_plan = occurrence.form == VariableForm::Shell && self.assigned.contains(&occurrence.name);
            if !set_by_plan {
                self.need(&occurrence.name, occurrence.form, command.line);
            }
        }
        let rendered = self.rendered(command, &occurrences);
        let elsewhere = self.pinning.refusals(self.catalogue, &command.language, &rendered, command.line);
        self.refusals.extend(elsewhere);
        // Of the filled-in text: what goes with it has to name the same things, and a value may make it graver.
        let found = self.classifying.next(&command.language, &rendered);
        self.stray(&command.language, &rendered, found);
        let effect = believed(command.declared, found);
        let with = self.measuring.next(&command.language, &rendered, effect);
        let planned = PlannedCommand::new(command.line, &command.language, rendered, effect, &self.request.target);
        PlannedCommand {
            early_readers: early_readers(&planned.language, &planned.rendered, effect),
            classified: (found > effect).then_some(found),
            capture: with.capture,
            undo: with.undo,
            preview: with.preview,
            verify: with.verify,
            needs: with.needs,
            irreversible: with.irreversible,
            ..planned
        }
        .bound(&self.request.target)
    }

    /// The command with every blank filled in.
    fn rendered(&mut self, command: &Command, occurrences: &[variable::Occurrence]) -> String {
        let PlanRequest { variables, secrets, .. } = self.request;
        if command.language != "yaml" {
            return render::rendered(&command.language, &command.text, occurrences, variables, secrets);
        }
        let rendered = manifest::rendered(&command.text, occurrences, variables, secrets);
        let checked = rendered.and_then(|text| manifest::check(&text).map(|()| text));
        checked.unwrap_or_else(|why| {
            self.refusals.push(PlanRefusal::ManifestNotPerformed { why, line: command.line });
            command.text.clone()
        })
    }

    /// Takes note of a variable that a command needs, and of its absence.
    fn need(&mut self, name: &str, form: VariableForm, line: u32) {
        let request = self.request;
        self.asked.insert(name.to_owned());
        if request.secrets.contains(name) {
            self.secrets.insert(render::environment_name(name));
        } else if let Some(value) = request.variables.get(name) {
            if secret::is_secret(name) {
                self.refuse_once(name, PlanRefusal::SecretInTheOpen { name: name.to_owned(), line });
            }
            if is_reserved_for(name, &request.estate) {
                // A blank is filled in; nothing is passed on by such a name.
                if form == VariableForm::Shell {
                    self.refuse_once(name, PlanRefusal::ReservedVariable { name: name.to_owned(), line });
                }
                return;
            }
            self.variables.insert(name.to_owned(), value.clone());
        } else if form == VariableForm::Literal {
            // An example stands there, and is performed where nobody gives another value.
        } else if form != VariableForm::Shell || !request.environment.contains(name) {
            let secret = secret::is_secret(name);
            self.refuse_once(name, PlanRefusal::MissingVariable { name: name.to_owned(), line, secret });
        }
    }

    fn refuse_once(&mut self, name: &str, refusal: PlanRefusal) {
        if self.missing.insert(name.to_owned()) {
            self.refusals.push(refusal);
        }
    }
}
