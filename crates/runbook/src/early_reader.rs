//! Parts of a pipeline that stop reading before all of it came, so that SIGPIPE may end whoever writes to them.
//!
//! Told only where a command is one pipeline and nothing else: there its codes say which part was ended by that, and
//! nothing comes after it that would have to be performed still. What is not known for stopping early reads to the end.

use std::collections::BTreeSet;

use crate::syntax::bash::{self, Invocation};

/// Builtins that keep what they read: with `shopt -s lastpipe` the last part of a pipeline runs in the shell itself.
const KEEPING: [&str; 3] = ["read", "mapfile", "readarray"];

/// The places, from 0, of the parts of the command that stop reading early.
pub fn early_readers(language: &str, text: &str) -> BTreeSet<u32> {
    if language != "bash" || !text.contains('|') {
        return BTreeSet::new();
    }
    let script = bash::parse(text);
    let parts = script.invocations.iter().filter(|it| it.via.is_none() && it.frames.is_empty() && !it.words.is_empty());
    let parts: Vec<&Invocation> = parts.collect();
    let leaves_nothing = |it: &&Invocation| it.stage + 1 == it.stages && !KEEPING.contains(&it.program());
    if !script.one_pipeline || !parts.iter().any(leaves_nothing) {
        return BTreeSet::new();
    }
    parts.into_iter().filter(|it| stops_early(it)).filter_map(|it| u32::try_from(it.stage).ok()).collect()
}

/// Whether the program leaves as soon as it has read enough.
pub(crate) fn stops_early(invocation: &Invocation) -> bool {
    let mut words = invocation.arguments().iter().map(|word| word.value.as_str());
    match invocation.program() {
        "head" => !counts_from_end(&words.collect::<Vec<_>>().join(" ")),
        "grep" | "egrep" | "fgrep" | "zgrep" => is_satisfied(words),
        "sed" | "gsed" => words.any(quits),
        "awk" | "gawk" | "mawk" | "nawk" => words.any(exits),
        _ => false,
    }
}

/// Whether `head` leaves out what comes last, which it knows only then: `-n -5`.
fn counts_from_end(arguments: &str) -> bool {
    ["-n-", "-n -", "-c-", "-c -", "--lines -", "--bytes -", "=-"].iter().any(|count| arguments.contains(count))
}

/// Whether an option of grep ends it with what it looks for: `-q`, `-m 1`, `-Eqw`.
fn is_satisfied<'w>(mut arguments: impl Iterator<Item = &'w str>) -> bool {
    while let Some(word) = arguments.next() {
        let Some(letters) = word.strip_prefix('-') else { continue };
        if let Some(long) = letters.strip_prefix('-') {
            if matches!(long.split('=').next(), Some("quiet" | "silent" | "max-count")) {
                return true;
            }
            continue;
        }
        // What stands behind a letter that takes a value is that value: `-e -q`.
        let valued = letters.find(['e', 'f', 'A', 'B', 'C', 'D', 'd']);
        if letters[..valued.unwrap_or(letters.len())].contains(['q', 'm']) {
            return true;
        }
        if valued.is_some_and(|at| at + 1 == letters.len()) {
            arguments.next();
        }
    }
    false
}

/// Whether a script of sed has a `q` behind no address, a number or a pattern; behind `$` it has read all.
fn quits(script: &str) -> bool {
    script.split([';', '\n', '{', '}']).any(|command| {
        let command = command.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_whitespace());
        let address = command.strip_suffix(['q', 'Q']).map(str::trim);
        address.is_some_and(|address| address.ends_with('/') || address.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// Whether a program of awk has an `exit`; words that it prints are none, and one in `END` comes after all was read.
fn exits(program: &str) -> bool {
    let code = program.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    let ends = |c: char| c.is_whitespace() || ";{}()".contains(c);
    !code.contains("END") && code.split(ends).any(|word| word == "exit")
}

#[cfg(test)]
mod tests {
    use super::early_readers;

    fn check(text: &str, expected: &[u32]) {
        assert_eq!(early_readers("bash", text).into_iter().collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn readers_that_stop_early_are_told_by_their_place() {
        for (text, expected) in [
            ("dump | head -1", &[1][..]),
            ("dump | head", &[1]),
            ("dump | head -n 5", &[1]),
            ("dump | head --lines=5", &[1]),
            ("dump | LC_ALL=C /usr/bin/head -c 5 # the beginning", &[1]),
            ("dump |\n  sort |\n  head -1 |\n  cat", &[2]),
            ("sudo dump | (grep x; true) | head -1", &[2]),
            ("dump | grep -q x", &[1]),
            ("dump | grep -i --max-count=1 x | head -1 | cut -f1", &[1, 2]),
            ("dump | egrep -n -Eqw x", &[1]),
            ("dump | sed 1q", &[1]),
            ("dump | sed -n '/5/{p; q}'", &[1]),
            ("dump | sed '/x/Q 3'", &[1]),
            ("dump | awk 'NR==2 {\n print\n exit\n}'", &[1]),
            ("dump | awk '/x/{exit}'", &[1]),
            ("dump \"$(list; echo x)\" | head -1", &[1]),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_reads_to_the_end_is_none() {
        for text in [
            "dump | cat",
            "dump | tee /dev/null",
            "dump | head -n -1",
            "dump | head -n-1",
            "dump | head --bytes=-10",
            "dump | grep x",
            "dump | grep -e -q",
            "dump | sed 's/q/x/'",
            "dump | sed '$q'",
            "dump | awk '{print \"exit\"}'",
            "dump | awk 'END {exit 0}'",
            "dump | awk '/exit/ {print}'",
            "dump | xargs head -1",
            "dump | \"$READER\" -1",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn what_is_more_or_less_than_one_pipeline_has_none() {
        for text in [
            "head -1 log",
            "dump | head -1; mend",
            "dump | head -1\nmend",
            "dump | head -1; (mend)",
            "dump | head -1; [[ -f x ]]",
            "dump | head -1; ((x = 1))",
            "dump | head -1 && mend",
            "dump | head -1 || mend",
            "dump | head -1 &",
            "! dump | head -1",
            "x=$(dump | head -1)",
            "for i in a b; do dump | head -1; done",
            "{ dump | head -1; } | cat",
            "dump | head -1 | read -r x",
            "dump | head -1 | { read -r x; } 2>/dev/null",
            "dump | head -1 | (",
        ] {
            check(text, &[]);
        }
        assert!(early_readers("sql", "SELECT 1 | head").is_empty());
    }
}
