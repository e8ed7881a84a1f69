//! A form that was refused comes back with what was typed and the reason.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::problem::Problem;

/// What somebody sent that was not accepted; empty on a page that was merely opened.
#[derive(Debug, Default)]
pub(crate) struct Typed {
    form: String,
    fields: BTreeMap<String, String>,
    problem: Option<Problem>,
}

impl Typed {
    pub(crate) fn refused(form: impl Into<String>, fields: BTreeMap<String, String>, problem: Problem) -> Self {
        Self { form: form.into(), fields, problem: Some(problem) }
    }

    /// What was typed into this field of this form.
    pub(crate) fn value(&self, form: &str, field: &str) -> &str {
        let typed = (self.form == form).then(|| self.fields.get(field)).flatten();
        typed.map_or("", String::as_str)
    }

    /// Whether this is the form that was refused.
    pub(crate) fn is(&self, form: &str) -> bool {
        self.form == form
    }

    /// The reason, at the top of the page.
    pub(crate) fn reason(&self) -> Markup {
        html! {
            @if let Some(problem) = &self.problem {
                div.refusal role="alert" {
                    strong { "Not done." } " " (problem.message)
                    @if !self.fields.is_empty() { " What you typed is still in the form." }
                }
            }
        }
    }
}
