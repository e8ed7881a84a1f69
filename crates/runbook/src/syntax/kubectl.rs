//! The commands and flags of kubectl 1.27 to 1.33 and 1.37, from the table that its own help was written into.

use std::sync::LazyLock;

/// Names of commands with their flags, as in `data/kubectl.txt`.
static TABLE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let lines = include_str!("../../data/kubectl.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(':')).map(|(names, flags)| Entry::new(names, flags)).collect()
});

/// One command with its own flags; the one without a name holds the flags of all commands.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The words of the command: `["rollout", "restart"]`.
    words: Vec<&'static str>,
    /// Other names of the last word.
    aliases: Vec<&'static str>,
    /// Flags, those that take a value with `=`.
    flags: Vec<&'static str>,
}

impl Entry {
    fn new(names: &'static str, flags: &'static str) -> Self {
        let mut names = names.split('|');
        let words = names.next().unwrap_or_default().split_whitespace().collect();
        Self { words, aliases: names.collect(), flags: flags.split_whitespace().collect() }
    }

    fn is(&self, words: &[&str]) -> bool {
        let Some((last, before)) = self.words.split_last() else { return words.is_empty() };
        words.len() == self.words.len()
            && words.starts_with(before)
            && words.last().is_some_and(|word| word == last || self.aliases.contains(word))
    }

    /// Whether a flag takes the next word as its value; absent if the command has no such flag.
    pub(crate) fn takes_value(&self, flag: &str) -> Option<bool> {
        let own = |entry: &Self| {
            let known = entry.flags.iter().find(|known| known.trim_end_matches('=') == flag);
            known.map(|known| known.ends_with('='))
        };
        own(self).or_else(|| own(&TABLE[0]))
    }

    /// Number of words of the command's name.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether further words choose a command below this one.
    pub(crate) fn is_group(&self) -> bool {
        TABLE.iter().any(|entry| entry.words.len() > self.words.len() && entry.words.starts_with(&self.words))
    }
}

/// The command that the operands begin with, as specific as possible.
pub(crate) fn command(operands: &[&str]) -> Option<&'static Entry> {
    let longest = operands.len().min(3);
    (1..=longest).rev().find_map(|length| TABLE.iter().find(|entry| entry.is(&operands[..length])))
}

/// The commands of the first level.
pub(crate) fn commands() -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter(|entry| entry.words.len() == 1).map(|entry| entry.words[0])
}

/// Whether a flag of every command takes the next word as its value; absent if there is no such flag.
pub(crate) fn global(flag: &str) -> Option<bool> {
    TABLE[0].takes_value(flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_means_what_it_means_to_its_command() {
        let flag = |words: &[&str], flag: &str| command(words).and_then(|entry| entry.takes_value(flag));
        assert_eq!(flag(&["logs"], "-f"), Some(false));
        assert_eq!(flag(&["apply"], "-f"), Some(true));
        assert_eq!(flag(&["rollout", "restart", "deploy/x"], "-f"), Some(true));
        assert_eq!(flag(&["create", "cm", "x"], "--from-literal"), Some(true));
        assert_eq!(flag(&["top", "po"], "--containers"), Some(false));
        assert_eq!(flag(&["get"], "-n"), Some(true));
        assert_eq!(flag(&["get"], "--export"), None);
        assert_eq!(flag(&["run"], "--dry-run"), Some(false));
        assert!(command(&["rsh"]).is_none() && command(&[]).is_none());
        assert!(
            command(&["rollout"]).is_some_and(Entry::is_group) && !command(&["get", "po"]).is_some_and(Entry::is_group)
        );
    }
}
