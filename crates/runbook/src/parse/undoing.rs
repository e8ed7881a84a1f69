//! Words that tell to take back what an earlier step did: "scale it back", "once it is over, uncordon the node".
//!
//! Going back to an earlier version is more often the fix than the way back from it, so "roll back the deployment" does
//! not count by itself; reverting one's own changes does.

use crate::parse::vocabulary::normalised;

/// Verbs that take something back, whatever stands behind them.
const STARTS: &[&str] = &[
    "re-enable",
    "reenable",
    "uncordon",
    "unsilence",
    "drain and uncordon",
    "scale back",
    "scale up again",
    "undo ",
    "unpause",
    "unfreeze",
    "switch back",
    "restore original",
    "restore the original",
    "restore usual",
    "restore the usual",
    "restore previous",
    "restore the previous",
    "remove the silence",
    "remove silence",
    "delete the silence",
    "expire the silence",
    "disable maintenance mode",
    "exit maintenance",
    "remove maintenance",
    "turn off maintenance",
    "restore replicas",
    "restore normal",
    "fail back",
    "failback",
    "take out of maintenance",
];

/// Verbs that take something back where "back" is said: "turn the autoscaler back on".
const BACK: &[&str] = &["turn", "switch", "scale", "put", "set", "bring", "change", "move", "enable"];

/// What stands in front of what is to be done.
const LEADS: &[&str] = &[
    "then",
    "finally",
    "now",
    "lastly",
    "afterwards",
    "remember to",
    "do not forget to",
    "don't forget to",
    "make sure to",
    "be sure to",
    "you can now",
    "you can",
    "you should",
    "you must",
    "you need to",
    "please",
];

/// The title of a step that takes back what an earlier step did.
pub(crate) fn undoes(title: &str) -> bool {
    let phrase = normalised(title);
    takes_back(main_clause(&phrase))
        || phrase.starts_with("if ") && ["roll back", "rollback", "revert"].iter().any(|word| phrase.contains(word))
}

/// A sentence that reminds of taking back, once everything is over, what an earlier step did.
pub(crate) fn reminds_to_undo(sentence: &str) -> bool {
    let phrase = normalised(sentence);
    let main = main_clause(&phrase);
    main.len() < phrase.len() && takes_back(main)
}

/// The phrase without the words and the condition in front: "once it is over, you can uncordon it" is "uncordon it".
fn main_clause(phrase: &str) -> &str {
    let conditional = ["once ", "after ", "when ", "as soon as "].iter().any(|word| phrase.starts_with(word));
    let mut main = phrase;
    if conditional && let Some((_, behind)) = phrase.split_once(", ") {
        main = behind;
    }
    while let Some(behind) = LEADS.iter().find_map(|lead| {
        let behind = main.strip_prefix(lead)?;
        let rest = behind.trim_start_matches([',', ' ']);
        (rest.len() < behind.len()).then_some(rest)
    }) {
        main = behind;
    }
    main
}

fn takes_back(phrase: &str) -> bool {
    let mut words = phrase.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '/'));
    let first = words.next().unwrap_or_default();
    let near = || words.clone().take(6);
    STARTS.iter().any(|start| phrase.starts_with(start))
        || BACK.contains(&first) && near().skip(1).any(|word| word == "back")
        || first == "revert" && near().any(is_own_change)
        || matches!(first, "create" | "merge" | "raise" | "open" | "create/merge")
            && near().any(|word| word == "revert")
}

/// What somebody reverts who has changed it before, rather than what somebody else deployed.
fn is_own_change(word: &str) -> bool {
    matches!(word, "change" | "changes" | "permissions" | "pr" | "settings" | "setting" | "baseline" | "your" | "these")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_back_is_told_from_going_back_to_what_worked() {
        for title in [
            "Re-enable payments",
            "Once all the pods are rescheduled, you can uncordon the node:",
            "Then, revert the changes to the values",
            "Turn the autoscaler back on",
            "Create and merge the **Revert PR** once the content is there",
            "If it fails, roll back",
        ] {
            assert!(undoes(title), "{title}");
        }
        for title in [
            "Roll back the deployment",
            "Revert the commit that broke it",
            "Scale up",
            "Turn it off",
            "Restore the backup",
        ] {
            assert!(!undoes(title), "{title}");
        }
        assert!(reminds_to_undo("Don't forget to turn the autoscaler back on after that!"));
        assert!(reminds_to_undo("Remember to revert these permissions once you have finished"));
        assert!(!reminds_to_undo("Uncordon the node") && !reminds_to_undo("When the node is cordoned, pods move"));
    }
}
