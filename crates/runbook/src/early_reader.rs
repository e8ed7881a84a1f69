//! Parts of a pipeline that stop reading before all of it came, so that SIGPIPE may end whoever writes to them.
//!
//! Told only where a command is one pipeline and nothing else, which only observes: there its codes say which part was
//! ended by that, nothing comes after it that would have to be performed still, and nothing is left half done. What is not
//! known for stopping early reads to the end.

use std::collections::BTreeSet;

use allclear_core::EffectClass;

use crate::syntax::bash::{self, Invocation, Script};

/// Builtins that keep what they read: with `shopt -s lastpipe` the last part of a pipeline runs in the shell itself.
const KEEPING: [&str; 3] = ["read", "mapfile", "readarray"];

/// Builtins that tell about the shell in which they run: such a pipeline is performed in a subshell, which knows of no
/// jobs and has a trap of its own.
const OF_THE_SHELL: [&str; 4] = ["jobs", "trap", "history", "fc"];

/// The places, from 0, of the parts of a command of this effect that stop reading early and are taken for unharmed.
pub fn early_readers(language: &str, text: &str, effect: EffectClass) -> BTreeSet<u32> {
    if language != "bash" || effect != EffectClass::Observe || !text.contains('|') {
        return BTreeSet::new();
    }
    let script = bash::parse(text);
    let of_the_shell = script.invocations.iter().any(|it| OF_THE_SHELL.contains(&it.program()));
    if of_the_shell || !leaves_nothing(&script) {
        return BTreeSet::new();
    }
    readers(&script).filter_map(|it| u32::try_from(it.stage).ok()).collect()
}

/// The first part of a pipeline that changes something which stops reading early, and may so end what writes to it.
pub(crate) fn cuts_off(script: &Script, effect: EffectClass) -> Option<&Invocation> {
    readers(script).find(|it| effect != EffectClass::Observe && script.one_pipeline && it.stage > 0)
}

fn readers(script: &Script) -> impl Iterator<Item = &Invocation> {
    parts(script).filter(|it| stops_early(it))
}

/// The parts of the outermost pipelines that are one command each.
fn parts(script: &Script) -> impl Iterator<Item = &Invocation> {
    script.invocations.iter().filter(|it| it.via.is_none() && it.frames.is_empty() && !it.words.is_empty())
}

/// Whether it is one pipeline whose last part leaves nothing in the shell.
fn leaves_nothing(script: &Script) -> bool {
    script.one_pipeline && parts(script).any(|it| it.stage + 1 == it.stages && !KEEPING.contains(&it.program()))
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
        let address = command.strip_suffix(['q', 'Q']).map(|address| address.trim_end_matches(['!', ' ']).trim_start());
        address
            .is_some_and(|address| is_pattern(address) || address.bytes().all(|it| it.is_ascii_digit() || it == b'~'))
    })
}

/// `/x/`, `/x/I`, `\,x,`
fn is_pattern(address: &str) -> bool {
    let behind = address.strip_prefix('\\').unwrap_or(address);
    let Some(delimiter) = behind.chars().next() else { return false };
    let pattern = behind.trim_end_matches(['I', 'M']).strip_prefix(delimiter).and_then(|it| it.strip_suffix(delimiter));
    (delimiter == '/' || behind.len() < address.len()) && pattern.is_some_and(|pattern| !pattern.is_empty())
}

/// Whether a program of awk has an `exit`; words that it prints are none, and one in `END` comes after all was read.
fn exits(program: &str) -> bool {
    let code = program.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    let ends = |c: char| c.is_whitespace() || ";{}()".contains(c);
    let has = |wanted: &str| code.split(ends).any(|word| word == wanted);
    has("exit") && !has("END")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[u32]) {
        assert_eq!(
            early_readers("bash", text, EffectClass::Observe).into_iter().collect::<Vec<_>>(),
            expected,
            "{text}"
        );
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
            ("dump | sed '/x/Iq'", &[1]),
            ("dump | sed -e p -e '\\,x,q'", &[1]),
            ("dump | sed '/x/!q'", &[1]),
            ("dump | awk 'NR==2 {\n print\n exit\n}'", &[1]),
            ("dump | awk '/x/{exit}'", &[1]),
            ("dump | awk '/PENDING/{print; exit}'", &[1]),
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
            "dump | sed 's/x/q'",
            "dump | sed 's,x,q,'",
            "dump | awk '{print \"exit\"}'",
            "dump | awk 'END {exit 0}'",
            "dump | awk 'END{exit}'",
            "dump | awk '/exit/ {print}'",
            "dump | xargs head -1",
            "dump | \"$READER\" -1",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn what_tells_about_the_shell_is_performed_in_no_other() {
        for text in
            ["jobs | head -1", "trap -p | head -1", "{ echo; history; } | head -1", "dump \"$(jobs)\" | head -1"]
        {
            check(text, &[]);
        }
    }

    #[test]
    fn a_change_that_was_cut_off_is_no_success() {
        use EffectClass::{Change, Destroy, Outage, Unknown};
        for effect in [Change, Outage, Destroy, Unknown] {
            assert!(early_readers("bash", "./deploy.sh | head -1", effect).is_empty(), "{effect:?}");
            let script = bash::parse("./deploy.sh | cat | grep -q up");
            assert_eq!(cuts_off(&script, effect).map(Invocation::program), Some("grep"), "{effect:?}");
        }
        assert_eq!(cuts_off(&bash::parse("./deploy.sh | head -1"), EffectClass::Observe), None);
        assert_eq!(cuts_off(&bash::parse("./deploy.sh | cat"), Change), None);
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
        assert!(early_readers("sql", "SELECT 1 | head", EffectClass::Observe).is_empty());
    }
}
