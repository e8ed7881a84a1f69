//! What sentences say: instructions, conditions, explanations, and where something runs.

use crate::parse::vocabulary::normalised;
use crate::parse::words::VERBS;

/// What may stand in front of the verb of an instruction.
pub(super) const ADVERBS: &[&str] = &[
    "immediately",
    "then",
    "now",
    "first",
    "next",
    "finally",
    "please",
    "also",
    "manually",
    "optionally",
    "carefully",
    "always",
    "if",
    "only",
    "optional",
    "quickly",
    "temporarily",
    "gracefully",
    "re",
];

/// Whether the text begins like an instruction.
pub(crate) fn is_imperative(text: &str) -> bool {
    const NOUNS: &[&str] = &[
        "is", "are", "was", "were", "has", "have", "of", "rate", "rates", "files", "file", "errors", "error",
        "failures", "failure", "timeouts", "timeout", "latency", "usage", "will", "should", "level", "levels", "size",
        "loss", "limits", "only", "times", "time",
    ];
    let phrase = normalised(text);
    let mut words = phrase.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    let Some(first) = words.find(|word| !ADVERBS.contains(word)) else { return false };
    let Some(second) = words.next() else { return VERBS.binary_search(&first).is_ok() };
    let noun = NOUNS.contains(&second) || first == "access" && second == "to" || first == "back" && second != "up";
    VERBS.binary_search(&first).is_ok() && !noun
}

/// Whether a sentence or an item tells the reader to do something, at its start, behind a condition or behind a label.
pub(crate) fn asks(text: &str) -> bool {
    let text = text.trim();
    if is_imperative(text) {
        return true;
    }
    let lower = text.to_lowercase();
    let polite = [
        "you can ",
        "you should ",
        "you need to ",
        "you must ",
        "we need to ",
        "we should ",
        "make sure ",
        "do not ",
        "don't ",
    ];
    if polite.iter().any(|start| lower.starts_with(start)) {
        return true;
    }
    let first = lower.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    if matches!(first, "if" | "when" | "for" | "once" | "after" | "before" | "on" | "in" | "otherwise" | "to") {
        return text
            .match_indices([',', ':', '→'])
            .chain(text.match_indices(" — "))
            .take(3)
            .any(|(at, mark)| is_imperative(&text[at + mark.len()..]));
    }
    let label = text.match_indices([':', '→']).chain(text.match_indices(" — ")).chain(text.match_indices(" - ")).next();
    label.is_some_and(|(at, mark)| at < 80 && is_imperative(&text[at + mark.len()..]))
}

/// Whether what comes next is what nobody should run: "Never run", "do not use the following:", "rather than".
pub(crate) fn forbids(sentence: &str) -> bool {
    const WORDS: &[&str] =
        &["do not", "don't", "never", "avoid", "not to", "must not", "should not", "instead of", "rather than"];
    const VERBS: &[&str] = &[
        "run",
        "running",
        "use",
        "using",
        "execute",
        "executing",
        "do",
        "doing",
        "try",
        "type",
        "issue",
        "call",
        "just",
        "simply",
        "ever",
        "be",
    ];
    const MOST_WORDS: usize = 4;
    let lower = sentence.trim_end_matches([':', ' ', '*', '"']).to_lowercase().replace('’', "'");
    let clause = lower.rsplit([',', ';', ':', '—', '(']).next().unwrap_or_default();
    let clause = clause.rsplit(" but ").next().unwrap_or_default();
    WORDS.iter().any(|word| {
        clause.rsplit_once(word).is_some_and(|(before, behind)| {
            let whole = before.is_empty() || before.ends_with(|c: char| !c.is_alphanumeric());
            let mut words = behind.split_whitespace();
            let verb = words.next().is_none_or(|first| VERBS.contains(&first));
            whole && verb && words.count() < MOST_WORDS
        })
    })
}

/// A sentence that says when something applies: "This alert fires when …", "Use this runbook if …".
pub(crate) fn states_condition(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let alert = lower.contains("alert")
        && [
            "fires when",
            "fires if",
            "is fired when",
            "triggers when",
            "is triggered when",
            "triggered if",
            "is raised when",
            "indicates that",
        ]
        .iter()
        .any(|word| lower.contains(word));
    let start = [
        "when ",
        "use this ",
        "use when",
        "run this when",
        "run this if",
        "follow this runbook when",
        "follow this runbook if",
        "execute this runbook when",
        "triggered when",
        "you are here because",
        "you got paged",
        "trigger:",
        "alert:",
        "applies when",
    ]
    .iter()
    .any(|word| lower.starts_with(word));
    let used = [
        "should be used in the event",
        "should be used when",
        "is used when",
        "should be followed when",
        "use this runbook when",
        "use this runbook if",
        "in the event of",
        "in case of",
    ]
    .iter()
    .any(|word| lower.contains(word));
    let announces =
        lower.starts_with("if ") && !lower.starts_with("if you") && lower.ends_with(':') && lower.len() < 120;
    alert || start || used || announces
}

/// A sentence that introduces what happens by itself or what a thing consists of, not what to do.
pub(crate) fn explains(sentence: &str) -> bool {
    let lower = sentence.trim().to_lowercase();
    let introduces = lower.ends_with(':');
    let tells = [
        " will",
        " does",
        "happens",
        " works",
        "consists",
        "includes",
        " contains",
        " means",
        " indicates",
        " shows",
        " covers",
        " checks",
        "responsible for",
        "causes",
        "caused by",
        " has:",
        " have:",
        "reasons",
        "because",
        " are:",
        " is:",
        " performs",
        " creates",
        " provides",
        " supports",
        "expected",
    ];
    introduces
        && !asks(sentence)
        && tells.iter().any(|word| lower.contains(word))
        && !lower.contains(" run")
        && !["follow the", "follow these", "steps"].iter().any(|word| lower.contains(word))
}

/// Where a sentence says that what follows is to be run: "On the standby node, run:".
pub(crate) fn place(sentence: &str) -> Option<String> {
    #[rustfmt::skip]
    const PLACES: &[&str] = &[
        "node", "nodes", "host", "hosts", "server", "servers", "machine", "machines", "instance",
        "instances", "vm", "container", "pod", "bastion", "box", "primary", "standby", "replica",
        "master", "leader", "member", "jumphost", "jumpbox", "controller",
    ];
    let lower = sentence.to_lowercase();
    let start = [
        "on the ",
        "on each ",
        "on every ",
        "on any ",
        "on all ",
        "on your ",
        "on one of the ",
        "inside the ",
        "within the ",
        "from the ",
        "from inside the ",
        "in the ",
    ]
    .iter()
    .find_map(|word| {
        let at = lower.find(word)?;
        let runs = ["run", "execute", "runs", "running", "commands", "command", "following"];
        let before = lower[..at].trim_end_matches([' ', ',', ':']).rsplit(' ').next().unwrap_or_default();
        (at == 0 || runs.contains(&before) || matches!(before, "this" | "it" | "these" | "them" | "then" | "and"))
            .then_some((at, word.len()))
    })?;
    let phrase = &lower[start.0 + start.1..];
    let article = lower[start.0..].split(' ').nth(1).unwrap_or_default();
    let mut taken: Vec<&str> = Vec::new();
    let mut named = 0;
    for word in phrase.split_whitespace().take(6) {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        taken.push(bare);
        if PLACES.contains(&bare) {
            named = taken.len();
        } else if named > 0 {
            break;
        }
        if word.ends_with([',', ':', '.']) {
            break;
        }
    }
    if named > 0 {
        return Some(format!("{article} {}", taken[..named].join(" ")));
    }
    None
}

/// A sentence behind a command that says that it has taken the reader elsewhere.
pub(crate) fn opens_shell(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    let taken = [
        "get you a shell",
        "gives you a shell",
        "open a shell",
        "opens a shell",
        "drop you into",
        "drops you into",
        "you are now in",
        "you will be in",
        "start a shell",
        "starts a shell",
        "now inside the",
        "once inside the",
        "once logged in",
        "shell inside the",
        "once connected",
    ];
    taken.iter().any(|words| lower.contains(words))
}

/// Explanations that look like lists of steps.
pub(crate) fn is_explanation(text: &str) -> bool {
    let phrase = normalised(text);
    ["how it ", "how this ", "how we ", "what ", "why ", "about "].iter().any(|start| phrase.starts_with(start))
        || [" works", "how they work"].iter().any(|end| phrase.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_sorted_so_that_they_can_be_searched() {
        assert!(VERBS.is_sorted(), "{:?}", VERBS.windows(2).find(|pair| pair[0] > pair[1]));
    }

    #[test]
    fn instructions_are_told_from_statements() {
        for text in ["Restart the pod", "If the disk is full, delete old logs", "**Transient**: wait", "Then scale up"]
        {
            assert!(asks(text), "{text}");
        }
        for text in ["Access to the VPN", "Log files", "The pods restart", "Report errors", "High CPU"] {
            assert!(!asks(text), "{text}");
        }
    }

    #[test]
    fn what_happens_by_itself_is_explained_and_not_asked_for() {
        assert!(explains("This will:") && explains("The script does the following:"));
        assert!(!explains("Run the following:") && !explains("Check that:"));
    }

    #[test]
    fn what_nobody_should_run_is_told_from_what_has_not_happened() {
        for text in [
            "Never run",
            "Do **not** run".replace("**", "").as_str(),
            "Restart it, do not use",
            "Make sure not to run",
            "Do not run the following:",
            "Avoid",
            "Use A rather than",
        ] {
            assert!(forbids(text), "{text}");
        }
        for text in [
            "Don't forget to run",
            "If it does not answer, run",
            "If pods do not start run",
            "It never ends, so use",
            "Run",
        ] {
            assert!(!forbids(text), "{text}");
        }
    }

    #[test]
    fn the_place_where_commands_run_is_read_from_the_sentence() {
        assert_eq!(place("On the standby node, run:").as_deref(), Some("the standby node"));
        assert_eq!(place("Run this on each database server:").as_deref(), Some("each database server"));
        assert_eq!(place("Get the pods on the node:"), None);
        assert_eq!(place("On the dashboard, open the panel"), None);
    }
}
