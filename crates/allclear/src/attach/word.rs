//! What a person at the terminal can say to a run that rests, and how they are asked.

use serde_json::Value;

use super::terminal::Terminal;
use crate::print;

/// Why a run rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// A step that commands perform waits for a yes.
    Command,
    /// A step that a person does waits for a note.
    Manual,
    Failed,
    /// A step failed because what is before it could not be recorded.
    NotRecorded,
    InDoubt,
    Paused,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Yes,
    Done(String),
    Again,
    WithoutUndo(String),
    Skip(String),
    Pause,
    GoOn,
    Undo,
    Abort(String),
    Shell,
    Leave,
}

impl Rest {
    /// Why this run rests; `None` while it does not.
    pub(super) fn of(run: &Value, step: Option<&Value>) -> Option<Self> {
        match run["state"].as_str()? {
            "failed" if step.is_some_and(|step| step["capture_failed"] == true) => Some(Self::NotRecorded),
            "failed" => Some(Self::Failed),
            "in-doubt" => Some(Self::InDoubt),
            "waiting" if run["paused"] == true => Some(Self::Paused),
            "waiting" if step.is_some_and(|step| step["kind"] == "manual") => Some(Self::Manual),
            "waiting" => Some(Self::Command),
            _ => None,
        }
    }

    /// The question, and the letters that answer it.
    const fn question(self) -> (&'static str, &'static str) {
        match self {
            Self::Command => ("Perform it? [y]es [s]kip [p]ause [a]bort [o]pen a shell [l]eave: ", "yspaol"),
            Self::Manual => ("Done? [y]es [s]kip [p]ause [a]bort [o]pen a shell [l]eave: ", "dspaol"),
            Self::Failed => {
                ("What now? [r]etry [h]appened [s]kip [u]ndo [p]ause [a]bort [o]pen a shell [l]eave: ", "rhsupaol")
            }
            Self::NotRecorded => (
                "What now? [r]etry [w]ithout its undo [s]kip [u]ndo the run [p]ause [a]bort [o]pen a shell [l]eave: ",
                "rwsupaol",
            ),
            Self::InDoubt => {
                ("What is it? [h]appened [r]epeat [s]kip [u]ndo [a]bort [o]pen a shell [l]eave: ", "hrsuaol")
            }
            Self::Paused => ("Paused. [g]o on [u]ndo [a]bort [o]pen a shell [l]eave: ", "guaol"),
        }
    }

    /// Asks until the answer is a word that fits; a terminal that has gone leaves.
    pub(super) async fn ask(self, terminal: &Terminal) -> Word {
        let (question, letters) = self.question();
        loop {
            let Some(line) = terminal.ask(question).await else { return Word::Leave };
            let first = line.chars().next().map(|letter| letter.to_ascii_lowercase());
            // Done by hand is a yes to the question whether it is done.
            let first = if self == Self::Manual && first == Some('y') { Some('d') } else { first };
            match first.filter(|letter| letters.contains(*letter)) {
                Some(letter) => {
                    if let Some(word) = word(letter, terminal).await {
                        return word;
                    }
                }
                None => print::words("Please type one of the letters in brackets."),
            }
        }
    }
}

/// The word of a letter with what it needs; `None` where that was not given.
async fn word(letter: char, terminal: &Terminal) -> Option<Word> {
    let said = async |question| terminal.ask(question).await.filter(|text| !text.is_empty());
    Some(match letter {
        'y' => Word::Yes,
        'd' => Word::Done(said("What did you see or do? ").await?),
        'h' => Word::Done(said("How do you know? ").await?),
        'r' => Word::Again,
        'w' => Word::WithoutUndo(said("No command will put it back. Why is its undo given up? ").await?),
        's' => Word::Skip(said("Why is it skipped? ").await?),
        'a' => Word::Abort(said("Why is the run aborted? ").await?),
        'p' => Word::Pause,
        'g' => Word::GoOn,
        'u' => Word::Undo,
        'o' => Word::Shell,
        _ => Word::Leave,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_rests_for_the_reason_that_needs_a_word() {
        let of = |state: &str, paused: bool, kind: &str| {
            Rest::of(&json!({"state": state, "paused": paused}), Some(&json!({"kind": kind})))
        };
        assert_eq!(of("waiting", false, "command"), Some(Rest::Command));
        assert_eq!(of("waiting", false, "manual"), Some(Rest::Manual));
        assert_eq!(of("waiting", true, "manual"), Some(Rest::Paused));
        assert_eq!(of("failed", true, "command"), Some(Rest::Failed));
        let unrecorded = json!({"kind": "command", "capture_failed": true});
        assert_eq!(Rest::of(&json!({"state": "failed"}), Some(&unrecorded)), Some(Rest::NotRecorded));
        assert_eq!(of("running", true, "command"), None, "the step goes on to its end");
    }

    #[test]
    fn every_letter_in_brackets_is_understood() {
        for rest in [Rest::Command, Rest::Manual, Rest::Failed, Rest::NotRecorded, Rest::InDoubt, Rest::Paused] {
            let (question, letters) = rest.question();
            for (at, _) in question.match_indices('[') {
                let letter = question[at + 1..].chars().next().unwrap_or(' ');
                let letter = if rest == Rest::Manual && letter == 'y' { 'd' } else { letter };
                assert!(letters.contains(letter), "{rest:?} offers `{letter}` and does not take it");
            }
        }
    }
}
