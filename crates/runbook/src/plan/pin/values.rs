//! What is known about variables before a command runs.

use std::collections::BTreeMap;

use allclear_core::SecretRef;

use crate::plan::PlanRequest;

/// What is known about a text with variables in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// It will be this.
    Text(String),
    /// It comes from the target itself, which keeps it to itself.
    OfTarget,
    /// It is only known when the command runs.
    OnlyThen,
}

/// Variables by name: those of the plan, of its target, and what its commands have assigned so far.
pub(super) struct Values(BTreeMap<String, Known>);

impl Values {
    pub(super) fn of(request: &PlanRequest) -> Self {
        let of_target = |name: &String| (name.clone(), Known::OfTarget);
        let mut values: BTreeMap<String, Known> =
            request.environment.iter().chain(&request.secrets).map(of_target).collect();
        let plain = |(name, reference): (&String, &SecretRef)| match reference {
            SecretRef::Plain(text) => (name.clone(), Known::Text(text.clone())),
            _ => of_target(name),
        };
        values.extend(request.variables.iter().map(|(name, value)| (name.clone(), Known::Text(value.clone()))));
        // The target wins, as it does when the session's environment is made.
        values.extend(request.estate.env.iter().map(plain));
        Self(values)
    }

    pub(super) fn set(&mut self, name: &str, value: Known) {
        self.0.insert(name.to_owned(), value);
    }

    /// The text with the variables in it replaced by their values.
    pub(super) fn of_text(&self, text: &str) -> Known {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['$', '`']) {
            out.push_str(&rest[..at]);
            let Some((name, after)) = rest[at..].strip_prefix('$').and_then(variable) else { return Known::OnlyThen };
            match self.0.get(name) {
                Some(Known::Text(value)) => out.push_str(value),
                Some(Known::OfTarget) => return Known::OfTarget,
                Some(Known::OnlyThen) | None => return Known::OnlyThen,
            }
            rest = after;
        }
        out.push_str(rest);
        Known::Text(out)
    }
}

/// The name behind a `$`, and what stands behind it.
fn variable(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('{') {
        Some(inside) => inside.split_once('}'),
        None => {
            let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
            (end > 0).then(|| text.split_at(end))
        }
    }
}
