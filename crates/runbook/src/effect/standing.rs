//! Where a command stands in a plan: in which folder, and with which names set.
//!
//! What is before a step is recorded before its first command, and undone in a session of its own. There a folder that
//! the step goes to is not the current one yet, and a name that the run has set is not known: what depends on such a name
//! is not to be recorded or undone.

use std::collections::BTreeSet;

use super::catalogue::quoted;
use crate::syntax::bash::{Frame, Invocation, Joined, Quoting, Script, Word};
use crate::variable;

/// What the commands before have set and where they have gone.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// Names that commands of the plan set themselves.
    assigned: BTreeSet<String>,
    directory: Directory,
    /// Whether this text goes to a folder in a way that is not followed.
    strayed: bool,
}

/// The current folder of the session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Directory {
    /// That in which the step begins.
    #[default]
    First,
    /// This one, as a word of the shell.
    At(String),
    Unknown,
}

impl Standing {
    /// Another step begins: its captures are made in the folder that the one before has left.
    pub(super) fn begin_step(&mut self) {
        self.directory = Directory::First;
    }

    /// Another text in bash begins.
    pub(super) fn begin_text(&mut self, text: &str) {
        self.strayed = false;
        variable::assigned(text, &mut self.assigned);
    }

    /// Follows the command at this place where it goes to another folder.
    pub(super) fn follow(&mut self, script: &Script, index: usize) {
        let invocation = &script.invocations[index];
        if !matches!(invocation.program(), "cd" | "pushd" | "popd" | "chdir") {
            return;
        }
        let here = invocation.via.is_none() && invocation.frames.iter().all(|frame| *frame == Frame::Group);
        if here && invocation.stages <= 1 && !invocation.background {
            self.directory = self.gone(invocation).map_or(Directory::Unknown, Directory::At);
        } else {
            self.strayed = true;
        }
    }

    /// The folder that a `cd` goes to.
    fn gone(&self, invocation: &Invocation) -> Option<String> {
        let [to] = invocation.arguments() else { return None };
        let followed = invocation.program() == "cd" && invocation.joined != Joined::Or && !to.value.starts_with('-');
        if followed { self.path(to, false) } else { None }
    }

    /// Whether the word is the same before the step and in another session.
    pub(super) fn holds(&self, word: &Word) -> bool {
        !word.expands || names(&word.value).all(|name| !self.assigned.contains(name))
    }

    /// The file or folder that a word names, as a word that names it from where the step begins; `elsewhere` says that it
    /// is on another host or in a container.
    pub(super) fn path(&self, word: &Word, elsewhere: bool) -> Option<String> {
        let lists = word.quoting == Quoting::Bare && word.value.contains(['{', '[']) && !word.value.starts_with("${");
        if word.opaque || word.glob || lists || word.value.is_empty() || word.value.contains("$(") || !self.holds(word)
        {
            return None;
        }
        let written = quoted(word);
        let absolute = word.value.starts_with('/') || written.starts_with('~');
        match &self.directory {
            _ if absolute => Some(written),
            _ if self.strayed || word.value.starts_with('-') => None,
            _ if elsewhere => Some(written),
            Directory::First => Some(written),
            // Nobody knows whether the value is a whole path.
            Directory::At(_) if word.value.starts_with('$') => None,
            Directory::At(directory) => Some(format!("{}/{written}", directory.trim_end_matches('/'))),
            Directory::Unknown => None,
        }
    }
}

/// Names of the variables in a word.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).map(|behind| {
        let behind = behind.trim_start_matches(['{', '#', '!']);
        let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
        &behind[..end]
    })
}
