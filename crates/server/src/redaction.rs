//! What people type goes into the log, which is kept for ever: credentials in it are taken out before.
//!
//! Invariant: every command that carries somebody's own words passes here. Plans are refused instead, for what is
//! performed must not be changed.

use allclear_core::Command;

/// The command with each of its words as `redact` leaves them.
pub(crate) fn redacted(mut command: Command, redact: impl Fn(&str) -> String) -> Command {
    let words: Vec<&mut String> = match &mut command {
        Command::ConfirmStep { note: text, .. }
        | Command::SkipStep { reason: text, .. }
        | Command::ForgoUndo { reason: text, .. }
        | Command::AbortRun { reason: text, .. }
        | Command::ReportJob { note: text, .. }
        | Command::AssessIncident { impact: text, .. }
        | Command::UpdateIncident { text, .. }
        | Command::MitigateIncident { text, .. } => vec![text],
        Command::AddActionItem { text, owner, due, .. } => vec![text, owner, due],
        Command::ResolveIncident { text, root_cause, .. } => std::iter::once(text).chain(root_cause).collect(),
        Command::OpenIncident { title, component, .. } => std::iter::once(title).chain(component).collect(),
        Command::PublishReview { text, .. } => text.iter_mut().collect(),
        _ => Vec::new(),
    };
    for text in words {
        *text = redact(text);
    }
    command
}
