//! The names by which variables are set, where what is written would be a poor one: people type them behind `--set`.
//!
//! `backup-2025-01-20.sql.gz` is set as `backup`, `2025-01-20` as `date`, `sk_live_NEW_KEY` as `stripe_secret_key`. A
//! name depends only on what is written; where two would have the same one, the later in the text gets a number.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Runbook, Variable, VariableForm};
use crate::secret::KEY_PREFIXES;

/// Replaces the names that nobody would type.
pub(crate) fn shorten(variables: &mut [Variable]) {
    let is_short = |variable: &Variable| short(&variable.written, variable.form).is_none();
    let mut taken: BTreeSet<String> = variables.iter().filter(|it| is_short(it)).map(|it| it.name.clone()).collect();
    // By name: the number of the next one, so that many of the same name take no more than one look each.
    let mut next: BTreeMap<String, u32> = BTreeMap::new();
    for variable in variables {
        let Some(name) = short(&variable.written, variable.form) else { continue };
        let next = next.entry(name.clone()).or_insert(1);
        loop {
            variable.name = if *next == 1 { name.clone() } else { format!("{name}_{next}") };
            *next += 1;
            if taken.insert(variable.name.clone()) {
                break;
            }
        }
    }
}

/// The name of each variable by what is written.
pub(crate) fn by_text(runbook: &Runbook) -> BTreeMap<&str, &str> {
    runbook.variables.iter().map(|variable| (variable.written.as_str(), variable.name.as_str())).collect()
}

/// The name, where it is not what is written.
fn short(written: &str, form: VariableForm) -> Option<String> {
    match form {
        VariableForm::DatedFile => Some(of_dated(written)),
        VariableForm::Capitals => {
            KEY_PREFIXES.iter().find(|(prefix, _)| written.starts_with(prefix)).map(|(_, name)| (*name).to_owned())
        }
        _ => None,
    }
}

/// The words in front of the date, or else behind it, without endings; `date` where there are none.
fn of_dated(written: &str) -> String {
    let date = |at: &usize| {
        let rest = &written.as_bytes()[*at..];
        rest.starts_with(b"YYYY") || rest.len() >= 8 && rest[..4].iter().all(u8::is_ascii_digit)
    };
    let at = (0..written.len()).find(|at| written.is_char_boundary(*at) && date(at)).unwrap_or(written.len());
    let behind = written[at..].trim_start_matches(|c: char| !c.is_alphabetic() || matches!(c, 'Y' | 'M' | 'D' | 'T'));
    let stem = behind.split('.').next().unwrap_or_default();
    let in_front = words(&written[..at]);
    let name = if in_front.is_empty() && written[at..].contains(['-', '_']) { words(stem) } else { in_front };
    let is_ending = written.get(at..).is_some_and(|rest| rest.contains(&format!(".{name}")));
    if name.is_empty() || is_ending || name.len() < 2 { "date".to_owned() } else { name }
}

fn words(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    #[test]
    fn names_are_short_and_say_what_is_meant() {
        for (written, form, name) in [
            ("backup-2025-01-20.sql.gz", VariableForm::DatedFile, "backup"),
            ("prod-db-2025-01-20-06-05", VariableForm::DatedFile, "prod_db"),
            ("2025-01-20", VariableForm::DatedFile, "date"),
            ("2025-01-20T10:30:00Z", VariableForm::DatedFile, "date"),
            ("YYYY-MM-DD", VariableForm::DatedFile, "date"),
            ("2025-01-20-orders.csv", VariableForm::DatedFile, "orders"),
            ("2025-01-20.sql.gz", VariableForm::DatedFile, "date"),
            ("backup_20250120", VariableForm::DatedFile, "backup"),
            ("sk_live_NEW_KEY", VariableForm::Capitals, "stripe_secret_key"),
            ("YOUR_CLUSTER", VariableForm::Capitals, "YOUR_CLUSTER"),
        ] {
            assert_eq!(short(written, form).unwrap_or_else(|| written.to_owned()), name, "{written}");
        }
    }

    #[test]
    fn no_two_variables_share_a_name() {
        let variable = |written: &str, form| Variable {
            name: written.to_owned(),
            written: written.to_owned(),
            line: 1,
            span: Span::default(),
            secret: false,
            form,
        };
        let mut all = [
            variable("2025-01-20", VariableForm::DatedFile),
            variable("2025-01-21", VariableForm::DatedFile),
            variable("backup-2025-01-20.sql", VariableForm::DatedFile),
            variable("backup", VariableForm::Angle),
        ];
        shorten(&mut all);
        assert_eq!(all.map(|it| it.name), ["date", "date_2", "backup_2", "backup"]);
    }
}
