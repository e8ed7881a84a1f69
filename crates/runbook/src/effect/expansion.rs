//! What a command does once its variables have their values: the words of a value are words of the command.
//!
//! Invariant: a value never makes the effect milder. Known are the values that a plan gives, and of those that the commands
//! of the plan set by themselves what is written there and could be an option. What is only known when the command runs
//! (`$(…)`, `read`) is taken for words that are no options.

use std::collections::{BTreeMap, BTreeSet};

use allclear_core::EffectClass;

use super::{Catalogue, classify_with, together};
use crate::model::VariableForm;
use crate::shell::lexer::{Lexer, TokenKind, Word};
use crate::shell::programs::is_assignment;
use crate::variable::{self, Quoting};

/// Tells the effects of the commands of a plan, one after the other.
#[derive(Debug, Clone)]
pub struct Classifying<'c> {
    catalogue: &'c Catalogue,
    given: &'c BTreeMap<String, String>,
    /// By name: what its commands so far have given it that could be options.
    options: BTreeMap<String, BTreeSet<String>>,
}

impl<'c> Classifying<'c> {
    /// With the values that the plan gives.
    pub fn new(catalogue: &'c Catalogue, given: &'c BTreeMap<String, String>) -> Self {
        Self { catalogue, given, options: BTreeMap::new() }
    }

    /// The effect of the next command.
    pub fn next(&mut self, language: &str, text: &str) -> EffectClass {
        let written = classify_with(self.catalogue, language, text);
        if language != "bash" {
            return written;
        }
        note_options(text, &mut self.options);
        let options = self.options.iter().map(|(name, words)| {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            (name.clone(), words.join(" "))
        });
        let mut effect = written;
        for values in [self.given, &options.collect()] {
            let filled = Filled::of(text, values);
            if filled.text != text {
                effect = together(effect, classify_with(self.catalogue, language, &filled.text));
            }
            if filled.hides {
                effect = together(effect, EffectClass::Unknown);
            }
        }
        if offers_option(text) { together(effect, EffectClass::Unknown) } else { effect }
    }
}

/// A text in bash with values in it.
struct Filled {
    text: String,
    /// Whether a value that is more than a plain word stands where it cannot be followed.
    hides: bool,
}

impl Filled {
    fn of(text: &str, values: &BTreeMap<String, String>) -> Self {
        let mut filled = Self { text: String::with_capacity(text.len()), hides: false };
        let used = |name: &str| text.contains(name);
        if !text.contains('$') || !values.keys().any(|name| used(name)) {
            filled.text.push_str(text);
            return filled;
        }
        let bodies = heredocs(text);
        let mut followed = BTreeSet::new();
        let mut last = 0;
        for found in variable::occurrences("bash", text).iter().filter(|it| it.form == VariableForm::Shell) {
            let whole = &text[found.start..found.end];
            let plain = whole.trim_start_matches(['$', '{']).trim_end_matches('}').trim_end_matches("[@]");
            let Some(value) = values.get(&found.name).filter(|_| plain == found.name) else { continue };
            let body = bodies.iter().any(|(start, end)| (*start..*end).contains(&found.start));
            filled.text.push_str(&text[last..found.start]);
            filled.text.push_str(&words(value, found.quoting, body));
            followed.insert(found.start);
            last = found.end;
        }
        filled.text.push_str(&text[last..]);
        filled.hides = values.iter().any(|(name, value)| !is_plain(value) && remains(text, name, &followed));
        filled
    }
}

/// What the shell makes of a value: several words where it is not quoted. It is never read as syntax.
fn words(value: &str, quoting: Quoting, body: bool) -> String {
    let single = |word: &str| format!("'{}'", word.replace('\'', r"'\''"));
    if quoting == Quoting::None && !body {
        return value.split_whitespace().map(single).collect::<Vec<_>>().join(" ");
    }
    let special = |c: char| matches!(c, '\\' | '$' | '`') || c == '"' && !body;
    value.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

/// A value that is one word, and no option.
fn is_plain(value: &str) -> bool {
    !value.starts_with('-') && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:@%+=,".contains(&byte))
}

/// Whether the variable is expanded at a place that was not followed.
fn remains(text: &str, name: &str, followed: &BTreeSet<usize>) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let start = text[..at].trim_end_matches(['{', '#', '!']).len();
        let whole = !text[at + name.len()..].starts_with(part);
        whole && text[..start].ends_with('$') && !followed.contains(&(start - 1))
    })
}

/// Whether an expansion has a value of its own that could be an option: `${FLAG:--delete}`.
fn offers_option(text: &str) -> bool {
    text.match_indices("${").any(|(at, _)| {
        let behind = text[at + 2..].trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let other = behind.trim_start_matches(':').strip_prefix(['-', '=', '+']);
        other.is_some_and(|other| other.trim_start_matches(['"', '\'']).starts_with('-'))
    })
}

/// Where the bodies of here-documents stand: nothing is quoted there.
fn heredocs(text: &str) -> Vec<(usize, usize)> {
    let bodies = Lexer::new(text).filter(|token| token.kind == TokenKind::Heredoc);
    bodies.map(|token| (token.span.start, token.span.end)).collect()
}

/// Takes note of what `NAME=value` and `for NAME in …` give that could be an option.
fn note_options(text: &str, options: &mut BTreeMap<String, BTreeSet<String>>) {
    let mut note = |name: &str, value: &str| {
        let words = value.split(|c: char| c.is_whitespace() || "()\"'".contains(c));
        for word in words.filter(|word| word.len() > 1 && word.starts_with('-') && !word.contains(['$', '`'])) {
            options.entry(name.trim_end_matches('+').to_owned()).or_default().insert(word.to_owned());
        }
    };
    let mut before: Option<Word> = None;
    let mut bound: Option<String> = None;
    for token in Lexer::new(text) {
        let TokenKind::Word(word) = token.kind else {
            (before, bound) = (None, None);
            continue;
        };
        if let Some(name) = &bound {
            note(name, &word.value);
        } else if before.as_ref().is_some_and(|it| !it.quoted && matches!(it.value.as_str(), "for" | "select")) {
            bound = Some(word.value.clone());
        } else if let Some((name, value)) = word.value.split_once('=').filter(|_| is_assignment(&word.value)) {
            note(name, value);
        }
        before = Some(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EffectClass::{Destroy, Observe, Unknown};

    fn check(texts: &[&str], given: &[(&str, &str)], expected: EffectClass) {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let catalogue = Catalogue::default();
        let mut classifying = Classifying::new(&catalogue, &given);
        let effect = texts.iter().map(|text| classifying.next("bash", text)).last();
        assert_eq!(effect, Some(expected), "{texts:?} {given:?}");
    }

    #[test]
    fn the_words_of_a_given_value_are_words_of_the_command() {
        check(&["find del -name x $ARGS"], &[], Observe);
        check(&["find del -name x $ARGS"], &[("ARGS", "-delete")], Destroy);
        check(&["find del -name x ${ARGS}"], &[("ARGS", "-size 1 -delete")], Destroy);
        check(&["find del \"$ARGS\""], &[("ARGS", "-delete")], Destroy);
        check(&["psql -c \"SELECT $X\""], &[("X", "1; DROP TABLE t")], Destroy);
        check(&["psql <<EOF\nSELECT $X;\nEOF"], &[("X", "1; DROP TABLE t")], Destroy);
        check(&["bash -c 'find del $ARGS'"], &[("ARGS", "-delete")], Unknown);
        check(&["find del ${ARGS:-x}"], &[("ARGS", "-delete")], Unknown);
        check(&["find del ${ARGS:--delete}"], &[], Unknown);
    }

    #[test]
    fn an_ordinary_value_changes_nothing() {
        check(&["kubectl logs $POD -n \"$NS\""], &[("POD", "api-1"), ("NS", "shop")], Observe);
        check(&["awk '{print $POD}' f"], &[("POD", "api-1")], Observe);
        check(&["for p in $(kubectl get pods -o name); do kubectl logs $p; done"], &[], Observe);
        check(&["ls $DIR"], &[("DIR", "")], Observe);
    }

    #[test]
    fn what_the_commands_set_by_themselves_counts_where_it_could_be_an_option() {
        check(&["ARGS=-delete", "find del $ARGS"], &[], Destroy);
        check(&["export ARGS='-size 1 -delete'\nfind del $ARGS\nARGS=x"], &[], Destroy);
        check(&["for arg in -delete; do find del $arg; done"], &[], Destroy);
        check(&["OPTS='-n shop'; kubectl get pods $OPTS"], &[], Observe);
    }
}
