//! S14: when `cd` fails, what follows it deletes where the shell happens to be.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::{Document, Entry, Report, Rule};
use crate::syntax::bash::{Frame, Joined};

pub(super) const RULE: Rule = Rule {
    code: "S14",
    name: "cd-unchecked",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S14.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for (_, entries) in document.bash_fences() {
        fence(&entries, report);
    }
}

/// Says it at every `cd` that may fail unseen before something destructive that means the current folder.
fn fence(entries: &[&Entry<'_>], report: &mut Report) {
    let places: Vec<Place<'_, '_>> = entries.iter().flat_map(|entry| entry.invocations()).collect();
    let mut unchecked: Option<Place<'_, '_>> = None;
    let mut strict = false;
    for (at, place) in places.iter().enumerate() {
        if place.invocation.frames.contains(&Frame::Substitution) {
            continue;
        }
        match place.program() {
            "set" => strict |= stops_on_errors(place),
            "cd" | "pushd" => {
                unchecked = (!strict && may_fail(place) && !is_checked(place, &places[at + 1..])).then_some(*place)
            }
            _ if place.invocation.wraps.is_none() && destroys_here(place) => {
                if let Some(cd) = unchecked.take() {
                    report.at(
                        cd.span(),
                        format!(
                            "if this folder is not there, `{}` below runs where the shell happens to be",
                            place.program()
                        ),
                        "write `cd FOLDER || exit`, or name the folder in the command itself",
                    );
                }
            }
            _ => {}
        }
    }
}

fn stops_on_errors(place: &Place<'_, '_>) -> bool {
    let words = place.invocation.arguments();
    words.iter().any(|word| word.value == "errexit" || word.value.starts_with('-') && word.value.contains('e'))
}

/// Whether the folder may be missing: neither the home folder nor the root.
fn may_fail(place: &Place<'_, '_>) -> bool {
    let folder = place
        .invocation
        .arguments()
        .iter()
        .map(|word| word.value.as_str())
        .find(|word| *word != "--" && !word.starts_with('-'));
    folder.is_some_and(|folder| !matches!(folder, "~" | "/" | "/tmp" | "/etc" | "/var" | "$HOME" | ".." | "."))
}

/// Whether something depends on its success: `cd x && rm`, `cd x || exit`, `if cd x`.
fn is_checked(place: &Place<'_, '_>, rest: &[Place<'_, '_>]) -> bool {
    let condition = place.invocation.frames.contains(&Frame::Condition);
    let mut own = rest.iter().take_while(|next| std::ptr::eq(next.entry, place.entry));
    let next = own.find(|next| next.invocation.pipeline != place.invocation.pipeline);
    let joined = next.is_some_and(|next| matches!(next.invocation.joined, Joined::And | Joined::Or));
    condition || joined
}

fn destroys_here(place: &Place<'_, '_>) -> bool {
    let call = place.call();
    let relative = |value: &str| !value.starts_with(['/', '~', '$', '<']);
    match place.program() {
        "rm" => call.operands.iter().any(|word| relative(&word.value)),
        "git" => {
            call.begins(&["clean|push|rm"])
                || call.begins(&["reset"]) && call.has(&["--hard"])
                || call.begins(&["checkout"]) && call.rest.iter().any(|word| word.value == ".")
        }
        "terraform" | "tofu" | "terragrunt" => {
            call.begins(&["apply|destroy|import|state|taint|force-unlock"])
                && !call.begins(&["state", "list|show|pull"])
                && !call.has(&["-chdir"])
        }
        "find" => place.invocation.arguments().iter().any(|word| word.value == "-delete") && relative(call.operand(0)),
        "docker-compose" => call.begins(&["down|rm"]) && !call.has(&["-f", "--file"]),
        "docker" => call.begins(&["compose", "down|rm"]) && !call.has(&["-f", "--file"]),
        _ => false,
    }
}
