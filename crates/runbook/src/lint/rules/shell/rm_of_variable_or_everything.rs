//! S15: an empty variable turns `rm -rf DIR/$X` into `rm -rf DIR/`.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::{Document, Report, Rule};
use crate::shell::programs::is_variable_name;
use crate::syntax::bash::Word;
use crate::variable::assigned;
use std::collections::BTreeSet;

pub(super) const RULE: Rule = Rule {
    code: "S15",
    name: "rm-of-variable-or-everything",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S15.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        let mut set = BTreeSet::new();
        for entry in scope.entries.iter().filter(|entry| entry.command.language == "bash") {
            assigned(&entry.command.text, &mut set);
            for place in entry.invocations().filter(|place| removes_folders(place)) {
                for word in place.invocation.arguments() {
                    remark(&place, word, &set, report);
                }
            }
        }
    }
}

fn removes_folders(place: &Place<'_, '_>) -> bool {
    place.program() == "rm" && place.invocation.wraps.is_none() && place.call().has(&["-r", "-R", "--recursive"])
}

fn remark(place: &Place<'_, '_>, word: &Word, set: &BTreeSet<String>, report: &mut Report) {
    let span = place.entry.place(word.span);
    if let Some((name, left)) = emptied(word).filter(|(name, _)| !set.contains(*name)) {
        report.at(
            span,
            format!("where `{name}` is not set, this removes `{left}`"),
            format!("write `${{{name}:?}}`, which stops when the variable is empty"),
        );
    } else if is_everything(word) {
        report.at(
            span,
            "this removes everything there, whatever it is, and whichever host or container it is typed on",
            "name what is to go, and list it first with `ls`",
        );
    }
}

/// The variable in a path whose absence leaves another path to remove, and that path.
fn emptied(word: &Word) -> Option<(&str, String)> {
    let value = word.value.as_str();
    let at = value.find('$').filter(|_| word.expands)?;
    let inside = value[at + 1..].trim_start_matches('{');
    let length = inside.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inside.len());
    let (name, behind) = inside.split_at(length);
    let behind = match value[at + 1..].starts_with('{') {
        true => behind.strip_prefix('}')?,
        false => behind,
    };
    let left = format!("{}{behind}", &value[..at]);
    let another =
        left.starts_with('/') && left.ends_with(['/', '*']) && left.len() > 1 || matches!(left.as_str(), "/" | "/*");
    (another && is_variable_name(name) && !behind.contains('$') && !matches!(name, "HOME" | "PWD" | "TMPDIR"))
        .then_some((name, left))
}

/// `/*`, `/home/*`, `/var/lib/shop/*`: all that stands in a folder, unless it is one for what nobody keeps.
fn is_everything(word: &Word) -> bool {
    let Some(folder) = word.value.strip_suffix("/*").filter(|_| word.glob) else { return false };
    let passing = ["tmp", "cache", "log"].iter().any(|part| folder.to_ascii_lowercase().contains(part));
    folder.is_empty() || folder.starts_with('/') && !folder.contains(['$', '<', '{', '*']) && !passing
}
