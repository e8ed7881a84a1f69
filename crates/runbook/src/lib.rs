//! Markdown runbooks to procedures, and procedures to plans.
//!
//! `parse` never fails and never panics: it returns what it understood and diagnostics about the rest. Every node keeps
//! its byte span. Deliberately absent: files, clock, environment, network; the caller brings the text and the values.

mod diagnostic;
mod early_reader;
mod effect;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod holdup;
mod lint;
mod model;
mod parse;
mod plan;
mod secret;
mod session;
mod shell;
mod show;
mod span;
mod sql;
mod syntax;
mod variable;
mod variable_name;

pub use diagnostic::{Diagnostic, DiagnosticSeverity};
pub use early_reader::early_readers;
pub use effect::{Catalogue, CatalogueProblem, Classifying, Measures, Measuring, classify_with, measures, reclassify};
pub use holdup::holdups;
pub use lint::{
    Covered, Edit, Finding, Fix, FoundBy, Known, RULES, ReadText, Rule, Settings, Surroundings, Watched, WatchedKind,
    alert_rules, coverage, find_rule, lint, scheduled_jobs,
};
pub use model::{
    Command, Contact, Endpoint, NotCommand, Procedure, ProcessStep, ReviewItem, Runbook, ScheduledJob, Section,
    SectionKind, SeverityLevel, Snippet, Step, Template, Trigger, Variable, VariableForm,
};
pub use parse::parse;
pub use plan::{
    Draft, PlanRefusal, PlanRequest, draft, environment_name, plan, plan_with, rollback, strays, variable_names,
};
pub use secret::mentions_secret;
pub use show::{
    Show, ShownCommand, ShownContact, ShownEndpoint, ShownJob, ShownNamed, ShownNotCommand, ShownProcedure,
    ShownSection, ShownSeverity, ShownStep, ShownTemplate, ShownText, ShownVariable, render_show, show,
};
pub use span::{Lines, Span};
pub use syntax::sql::{SyntaxError, sql_errors};
