//! Choices between commands: which command is the alternative of which.
//!
//! Invariant: in a group of alternatives every command names its option, and all but the first option name the line
//! of the group's first command.

use std::ops::Range;

use crate::model::Command;

/// Makes the last command an alternative of the one before it.
pub(crate) fn split_last(commands: &mut [Command]) {
    let Some(last) = commands.len().checked_sub(1).filter(|last| *last > 0) else { return };
    join(commands, last - 1..last, last);
}

/// Makes the commands from `start` on, as one option, an alternative of those in `first`.
pub(crate) fn join(commands: &mut [Command], first: Range<usize>, start: usize) {
    let Some(head) = commands.get(first.start).filter(|_| first.start < start) else { return };
    let root = head.alternative_of.unwrap_or(head.line);
    let own = head.line;
    for command in &mut commands[first.start..first.end.min(start)] {
        command.option.get_or_insert(own);
    }
    let Some(option) = commands.get(start).map(|command| command.line) else { return };
    for command in &mut commands[start..] {
        command.alternative_of = Some(root);
        command.option = Some(option);
    }
}
