//! Programs that a step needs: one that is missing is named before anything of the step is run.
//!
//! In doubt nothing is refused: a command that looks around by itself whether a program is there, or that comes after one
//! which speaks of the program and might install it, is left to find out.

use allclear_core::PlannedCommand;

use super::{Stage, Task};
use crate::shell;

/// How a program begins among what a command needs.
const PROGRAM: &str = "program: ";
/// By these a text makes do without a program, or asks for it first.
const CHOICES: [&str; 8] = ["||", "if ", "case ", "while ", "command -v", "which ", "type ", "hash "];

/// The programs that the command needs for sure, where nothing of `before` speaks of them.
pub(super) fn needed<'a>(command: &'a PlannedCommand, before: &str) -> impl Iterator<Item = &'a str> {
    let text = command.rendered.as_str();
    let chooses = CHOICES.iter().any(|choice| text.contains(choice));
    let programs = command.needs.iter().filter_map(|need| need.strip_prefix(PROGRAM)).filter(move |_| !chooses);
    programs.filter(|name| is_plain(name) && !before.contains(*name) && !defines(text, name))
}

/// Those that the run's shell does not find. It is asked only for what is not on the `PATH` that it began with.
pub(super) async fn missing(names: Vec<&str>, task: &Task<'_>, stage: &mut Stage<'_>) -> Vec<String> {
    let path = task.environment.variables.get("PATH").map(String::as_str).unwrap_or_default();
    let on_path = |name: &&str| std::env::split_paths(path).any(|directory| directory.join(name).is_file());
    let unknown: Vec<&str> = names.into_iter().filter(|name| !on_path(name)).collect();
    if unknown.is_empty() {
        return Vec::new();
    }
    let question = format!(
        "for __allclear_name in {}; do builtin type -t -- \"$__allclear_name\" >/dev/null || echo \"$__allclear_name\"; done",
        unknown.join(" ")
    );
    // A machine on which not even that can be asked has the commands themselves find out.
    let answer = shell::capture(&question, task, stage).await.unwrap_or_default();
    String::from_utf8_lossy(&answer).lines().map(str::to_owned).collect()
}

/// A name that is looked for on the `PATH`, and that a shell takes as it is.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
}

fn defines(text: &str, name: &str) -> bool {
    [format!("{name}()"), format!("{name} ()"), format!("function {name}"), format!("alias {name}=")]
        .iter()
        .any(|definition| text.contains(definition))
}
