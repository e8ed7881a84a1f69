//! Values into commands, quoted so that a value can never become part of the command's syntax.

use std::collections::{BTreeMap, BTreeSet};

use super::{render_query, render_request};
use crate::model::VariableForm;
use crate::variable::{Occurrence, Quoting};

/// The environment variable that carries a secret: the name in capitals, with `_` for what a shell would not take.
pub fn environment_name(name: &str) -> String {
    let mapped: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_uppercase() } else { '_' })
        .collect();
    if mapped.starts_with(|c: char| c.is_ascii_digit()) { format!("_{mapped}") } else { mapped }
}

/// The command with every blank filled. `$NAME` stays as it is and is set in the environment, except that a secret is
/// set under its environment name.
pub(super) fn rendered(
    language: &str,
    text: &str,
    occurrences: &[Occurrence],
    variables: &BTreeMap<String, String>,
    secrets: &BTreeSet<String>,
) -> String {
    match language {
        "sql" => return render_query::rendered(text, occurrences, variables, secrets),
        "http" => return render_request::rendered(text, occurrences, variables, secrets),
        _ => {}
    }
    let mut out = String::with_capacity(text.len());
    let mut last = 0;
    for occurrence in occurrences.iter().filter(|occurrence| occurrence.form != VariableForm::Shell) {
        let filled = if secrets.contains(&occurrence.name) {
            by_environment(&occurrence.name, occurrence.quoting)
        } else if let Some(value) = variables.get(&occurrence.name) {
            quoted(value, occurrence.quoting)
        } else {
            continue;
        };
        out.push_str(&text[last..occurrence.start]);
        out.push_str(&filled);
        last = occurrence.end;
    }
    out.push_str(&text[last..]);
    out
}

fn by_environment(name: &str, quoting: Quoting) -> String {
    let name = environment_name(name);
    match quoting {
        Quoting::None => format!("\"${name}\""),
        Quoting::Double => format!("${{{name}}}"),
        Quoting::Single => format!("'\"${name}\"'"),
    }
}

fn quoted(value: &str, quoting: Quoting) -> String {
    let harmless = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c));
    match quoting {
        _ if harmless => value.to_owned(),
        Quoting::None => format!("'{}'", value.replace('\'', "'\\''")),
        Quoting::Single => value.replace('\'', "'\\''"),
        Quoting::Double => {
            let mut out = String::new();
            for c in value.chars() {
                if matches!(c, '"' | '\\' | '$' | '`') {
                    out.push('\\');
                }
                out.push(c);
            }
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variable::occurrences;

    fn fill(text: &str, value: &str) -> String {
        let variables = BTreeMap::from([("x".to_owned(), value.to_owned())]);
        rendered("bash", text, &occurrences("bash", text), &variables, &BTreeSet::new())
    }

    #[test]
    fn a_value_cannot_leave_its_quotes() {
        assert_eq!(fill("echo <x>", "a; rm -rf '/'"), "echo 'a; rm -rf '\\''/'\\'''");
        assert_eq!(fill("echo '<x>'", "a' b"), "echo 'a'\\'' b'");
        assert_eq!(fill("echo \"<x>\"", "$(rm)\"`"), "echo \"\\$(rm)\\\"\\`\"");
        assert_eq!(fill("kubectl logs pod/<x>", "api-1"), "kubectl logs pod/api-1");
    }

    #[test]
    fn a_secret_is_named_never_written() {
        let text = "login --key='sk_live_NEW_KEY' <api-token> \"<api-token>\"";
        let secrets = BTreeSet::from(["sk_live_NEW_KEY".to_owned(), "api-token".to_owned()]);
        let out = rendered("bash", text, &occurrences("bash", text), &BTreeMap::new(), &secrets);
        assert_eq!(out, "login --key=''\"$SK_LIVE_NEW_KEY\"'' \"$API_TOKEN\" \"${API_TOKEN}\"");
    }
}
