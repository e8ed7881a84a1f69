//! Where a command stands in a plan: in which folder, and with which names set.
//!
//! What is before a command is recorded in the folder in which its step begins, and undone there in a session of its own.
//! There, a folder that the step goes to is not the current one, and a name that the run has set is not known. So what is
//! recorded and undone says such names and folders itself, and where that is not sure, nothing is.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::quoted;
use super::shell::Reading;
use super::switch::switches;
use crate::syntax::bash::{Frame, Invocation, Joined, Quoting, Script, Word};
use crate::variable;

/// What the commands before have set and where they have gone.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// Names that commands of the plan set.
    assigned: BTreeSet<String>,
    /// Those of them whose value is known: what sets them, `export NAME=value` or `NAME=value`.
    settings: BTreeMap<String, String>,
    /// Names that choose an estate, and whose value nobody knows before.
    lost: BTreeSet<String>,
    /// Names that texts with functions set: a function may set them again whenever it is called.
    shifting: BTreeSet<String>,
    /// Whether this text chooses another estate: what is recorded before it, and undone after it, is not of the same one.
    switched: bool,
    directory: Directory,
    /// Whether this text goes to a folder in a way that is not followed.
    strayed: bool,
    /// Whether a function goes to a folder: nobody knows when it is called.
    roaming: bool,
    unseen: Unseen,
}

/// Where something was performed that is not shown, and that may have set any name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Unseen {
    #[default]
    Nowhere,
    /// In a shell of its own: only what stands behind it in this text may rest on it.
    InText,
    InSession,
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

/// What the names begin with that choose the estate for the programs that read them.
const CHOOSERS: [&str; 14] = [
    "KUBECONFIG",
    "HELM_",
    "PG",
    "AWS_",
    "CLOUDSDK_",
    "AZURE_",
    "ARM_",
    "DOCKER_",
    "REDIS",
    "VAULT_",
    "CONSUL_",
    "NOMAD_",
    "ETCDCTL_",
    "MYSQL_",
];

/// Names that the shell itself gives another value.
const VOLATILE: [&str; 8] = ["PWD", "OLDPWD", "RANDOM", "SECONDS", "LINENO", "BASHPID", "PPID", "EPOCHSECONDS"];

impl Standing {
    /// Another step begins: its captures are made in the folder that the one before has left.
    pub(super) fn begin_step(&mut self) {
        self.directory = Directory::First;
    }

    /// Another text in bash begins.
    pub(super) fn begin_text(&mut self, script: &Script, text: &str) {
        self.strayed = self.roaming;
        if self.unseen == Unseen::InText {
            self.unseen = Unseen::Nowhere;
        }
        self.switched = script.invocations.iter().any(switches);
        let mut names = BTreeSet::new();
        variable::assigned(text, &mut names);
        self.settings.retain(|name, _| !names.contains(name));
        // What a loop sets, or an expansion, has a value that nobody knows.
        let of_commands: BTreeSet<&str> = script.invocations.iter().flat_map(set_by).collect();
        self.lost.extend(names.iter().filter(|name| chooses(name) && !of_commands.contains(name.as_str())).cloned());
        if script.invocations.iter().any(|invocation| invocation.frames.contains(&Frame::Function)) {
            self.shifting.extend(names.iter().cloned());
        }
        self.assigned.extend(names);
    }

    /// Follows the command at this place of the text where it sets a name or goes to another folder.
    pub(super) fn follow(&mut self, reading: &Reading<'_>, index: usize, text: &str) {
        let script = reading.script;
        let invocation = &script.invocations[index];
        let certain = is_certain(script, index, text);
        match invocation.program() {
            "cd" | "pushd" | "popd" | "chdir" if certain => {
                self.directory = self.gone(invocation).map_or(Directory::Unknown, Directory::At);
            }
            "cd" | "pushd" | "popd" | "chdir" => self.stray(script, index),
            "unset" => invocation.arguments().iter().for_each(|word| drop(self.settings.remove(&word.value))),
            _ if self.is_unseen(reading, index) => {
                self.stray(script, index);
                self.settings.clear();
                if !is_apart(script, index) {
                    self.unseen = Unseen::InSession;
                } else if self.unseen == Unseen::Nowhere {
                    self.unseen = Unseen::InText;
                }
            }
            _ => {}
        }
        let passes = |frame: &Frame| matches!(frame, Frame::Subshell | Frame::Substitution);
        if invocation.via.is_none() && !invocation.frames.iter().any(passes) {
            self.follow_names(invocation, certain, text);
        }
    }

    /// Nobody knows in which folder what stands behind it is performed.
    fn stray(&mut self, script: &Script, index: usize) {
        self.strayed = true;
        if !is_apart(script, index) {
            self.directory = Directory::Unknown;
            self.roaming |= script.invocations[index].frames.contains(&Frame::Function);
        }
    }

    /// Whether the session performs commands there that the plan does not show. After such, any name may be a function.
    fn is_unseen(&self, reading: &Reading<'_>, index: usize) -> bool {
        let invocation = &reading.script.invocations[index];
        let Some(first) = invocation.words.first() else { return false };
        let call = reading.catalogue.call(invocation);
        let is_program = first.value.contains('/') || reading.catalogue.decide(&call).is_some();
        matches!(invocation.program(), "." | "source" | "eval")
            || !invocation.is_named()
            || self.unseen == Unseen::InSession && !is_program
    }

    /// Follows what stays set.
    fn follow_names(&mut self, invocation: &Invocation, certain: bool, text: &str) {
        let alone = invocation.words.is_empty();
        let declared = match invocation.program() {
            "export" | "declare" | "typeset" | "readonly" | "unset" | "read" | "mapfile" | "readarray" | "getopts" => {
                true
            }
            "printf" => invocation.arguments().first().is_some_and(|word| word.value == "-v"),
            _ => false,
        };
        let assigned = invocation.assignments.iter().filter(|_| alone).map(|assignment| &assignment.word);
        let words = assigned.chain(invocation.arguments().iter().filter(|_| declared));
        for word in words.filter(|word| !word.value.starts_with('-')) {
            match invocation.program() {
                "" if certain => self.set(word, "", text),
                "export" if certain => self.set(word, "export ", text),
                _ => {}
            }
            let name = word.value.split('=').next().unwrap_or_default();
            let known = self.settings.get(name).is_some_and(|setting| setting.starts_with("export "));
            if !chooses(name) || known {
                self.lost.remove(name);
            } else {
                self.lost.insert(name.to_owned());
            }
        }
    }

    /// Takes note of `NAME=value`, if that is all that the text says about the name.
    fn set(&mut self, word: &Word, declaration: &str, text: &str) {
        let Some((name, value)) = word.value.split_once('=') else { return };
        let names_only = |at: usize| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || "_${#!".contains(c));
        let whole = |at: usize| !text[at + name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let once = text.match_indices(name).filter(|(at, _)| names_only(*at) && whole(*at)).count() == 1;
        let known = !word.opaque && !value.contains("$(") && !value.contains('`') && self.holds(word);
        // Where its value depends on another that the run sets, that would have to be set first.
        let alone = !word.expands || names(value).all(|name| !self.assigned.contains(name));
        if once && known && alone && !name.ends_with('+') && !self.shifting.contains(name) {
            self.settings.insert(name.to_owned(), format!("{declaration}{}", assignment(word, name)));
        }
    }

    /// The folder that a `cd` goes to.
    fn gone(&self, invocation: &Invocation) -> Option<String> {
        let [to] = invocation.arguments() else { return None };
        let followed = invocation.program() == "cd" && !to.value.starts_with('-');
        if followed { self.path(to, false) } else { None }
    }

    /// Whether the word can be made the same before the step and in another session.
    pub(super) fn holds(&self, word: &Word) -> bool {
        let untouched = |name: &str| self.unseen == Unseen::Nowhere && !self.assigned.contains(name);
        let known = |name: &str| untouched(name) || self.settings.contains_key(name);
        let lasting = |name: &str| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        !word.expands || names(&word.value).all(|name| lasting(name) && !VOLATILE.contains(&name) && known(name))
    }

    /// Whether it is known which estate programs act on, as far as the run itself has said.
    pub(super) fn is_at_home(&self) -> bool {
        self.lost.is_empty() && self.unseen == Unseen::Nowhere && !self.switched
    }

    /// What has to be set for these words to mean what they mean here, and, unless they are about files, for programs to
    /// act where they do.
    pub(super) fn settings<'w>(&self, words: impl Iterator<Item = &'w Word>, on_files: bool) -> String {
        let mut wanted: BTreeSet<&str> =
            words.filter(|word| word.expands).flat_map(|word| names(&word.value)).collect();
        if let Directory::At(directory) = &self.directory {
            wanted.extend(names(directory));
        }
        let settings = self.settings.iter();
        let needed = settings.filter(|(name, _)| wanted.contains(name.as_str()) || !on_files && chooses(name));
        needed.map(|(_, setting)| format!("{setting}; ")).collect()
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

/// How many commands, and how many bytes, are looked at behind a command to tell whether it is certain. Looking at all of
/// them behind each would take time in proportion to the square.
const LONGEST_LIST: usize = 100;
const LONGEST_LINE: usize = 2_000;

/// Whether the session itself performs it, once, before all that stands behind it.
fn is_certain(script: &Script, index: usize, text: &str) -> bool {
    let invocation = &script.invocations[index];
    // Where what is before `&&` fails, the text goes on behind the list. Nobody writes a longer one.
    let behind = &script.invocations[index..];
    let inside = |it: &Invocation| it.via.is_some() || it.frames.contains(&Frame::Substitution);
    let chained = invocation.joined != Joined::And
        || behind.len() <= LONGEST_LIST && behind.iter().all(|it| it.joined == Joined::And || inside(it));
    invocation.via.is_none()
        && invocation.frames.is_empty()
        && invocation.stages <= 1
        && !invocation.background
        && invocation.joined != Joined::Or
        && chained
        && ends_on_failure(text.get(invocation.span.end..).unwrap_or_default())
}

/// Whether the text does not go on where the command fails in front of `behind`: in strict mode, no `||` goes on.
fn ends_on_failure(behind: &str) -> bool {
    let near = &behind[..behind.floor_char_boundary(LONGEST_LINE)];
    let end = match near.find(['\n', ';']) {
        Some(end) => end,
        None if near.len() < behind.len() => return false,
        None => behind.len(),
    };
    let Some(at) = behind[..end].find("||") else { return true };
    let other = behind[at + 2..].trim_start();
    let other = &other[..other.floor_char_boundary(LONGEST_LINE)];
    let group = other.find(if other.starts_with('{') { ['}'; 2] } else { ['\n', ';'] });
    other[..group.unwrap_or(other.len())].split([' ', ';', '\n', '\t']).any(|word| matches!(word, "exit" | "return"))
}

/// Whether the session stays as it is, whatever this does.
fn is_apart(script: &Script, index: usize) -> bool {
    let invocation = &script.invocations[index];
    let builtin = |outer: &Invocation| matches!(outer.program(), "command" | "builtin" | "eval" | "time");
    invocation.frames.iter().any(|frame| matches!(frame, Frame::Subshell | Frame::Substitution))
        || invocation.stages > 1
        || invocation.background
        || script.wrappers(index).any(|outer| !builtin(outer))
}

/// The names that a command may set, by its assignments or its arguments.
fn set_by(invocation: &Invocation) -> impl Iterator<Item = &str> {
    let assigned = invocation.assignments.iter().map(|assignment| &assignment.word);
    assigned.chain(invocation.arguments()).filter_map(|word| word.value.split('=').next())
}

fn chooses(name: &str) -> bool {
    CHOOSERS.iter().any(|chooser| name.starts_with(chooser)) && !name.ends_with("PASSWORD")
}

/// `NAME=value` as it could be typed again: the name is never quoted, or it would not be set.
fn assignment(word: &Word, name: &str) -> String {
    let value = word.value[name.len() + 1..].to_owned();
    let quoting = if word.quoting == Quoting::Bare { Quoting::Bare } else { Quoting::Mixed };
    format!("{name}={}", quoted(&Word { value, quoting, ..word.clone() }))
}

/// Names of the variables in a word; empty for what is none, such as `$$`.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).map(|behind| {
        let behind = behind.trim_start_matches(['{', '#', '!']);
        let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
        &behind[..end]
    })
}
