//! Inline code that is to be run: a command line in backticks within a sentence that tells the reader to run it.
//!
//! Code that only names a thing or states a condition ("if `kubectl get pods` shows …", "`curl …` returns 200") is not
//! a command.

use crate::parse::fences::Language;
use crate::parse::layout;
use crate::parse::markdown::{Inline, Style};
use crate::parse::sentences;
use crate::shell::programs;
use crate::sql;

/// The pieces of inline code that are commands.
pub(crate) fn commands(inlines: &[Inline]) -> Vec<(&Inline, Language)> {
    const LONGEST: usize = 400;
    let mut found = Vec::new();
    let mut sentence = String::new();
    // Whether nothing but words in bold stands in front: "**T+10** `kubectl …`".
    let mut titled = true;
    for (index, inline) in inlines.iter().enumerate() {
        match inline.style {
            Style::Attribute => found.push((inline, attribute_language(&inline.text))),
            Style::Code => {
                let behind = first_word(&inlines[index + 1..]);
                let is_title = std::mem::take(&mut titled) && !is_conditional(&sentence);
                let asked = if is_title { "" } else { sentence.as_str() };
                let states = asked.trim().is_empty() && is_outcome(behind);
                let names = !inline.text.trim().contains(' ') && is_kind(behind);
                if !states
                    && !names
                    && let Some(language) = language(&inline.text, asked)
                    && instructs(asked)
                    && !sentences::forbids(&sentence)
                {
                    found.push((inline, language));
                }
                sentence.push_str("code");
                // Nobody writes such a sentence; what decides is near the code.
                if sentence.len() > LONGEST {
                    sentence.drain(..sentence.floor_char_boundary(sentence.len() - LONGEST));
                }
            }
            Style::Break => sentence.push(' '),
            Style::Destination => {}
            Style::Plain | Style::Strong => {
                titled &= inline.style == Style::Strong || inline.text.trim().is_empty();
                let behind = inline.text.rfind(['.', ';', '!', '?']).filter(|end| ends_sentence(&inline.text, *end));
                match behind {
                    Some(end) => sentence = inline.text[end + 1..].to_owned(),
                    None => sentence.push_str(&inline.text),
                }
            }
        }
    }
    found
}

/// The command lines of a table's cell: what a cell shows as code is there to be run.
pub(crate) fn of_cell(inlines: &[Inline]) -> Vec<(&Inline, Language)> {
    let code = inlines.iter().filter(|inline| inline.style == Style::Code);
    code.filter_map(|inline| language(&inline.text, "").map(|language| (inline, language))).collect()
}

fn ends_sentence(text: &str, end: usize) -> bool {
    text[end + 1..].is_empty() || text[end + 1..].starts_with(' ')
}

fn attribute_language(value: &str) -> Language {
    if value.starts_with('/') || value.starts_with("http") { Language::Http } else { Language::Shell }
}

/// The language of code that is a command line; a sentence that says "run" makes more of them so.
fn language(code: &str, sentence: &str) -> Option<Language> {
    let code = code.trim();
    // A tag within the backticks was blanked out: what is left is not what stands in the file.
    if code.contains(layout::FILLER) {
        return None;
    }
    let mut words = code.split_whitespace();
    let first = words.next().filter(|_| !code.contains('\n'))?;
    let second = words.next();
    if matches!(first, "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD") {
        return second.filter(|path| path.starts_with('/') || path.starts_with("http")).map(|_| Language::Http);
    }
    if sql::looks_like_sql(code) {
        return Some(Language::Sql);
    }
    let program = programs::begins_with_program(code);
    // A single word is a command only where it is one of these; the sentence is read only then.
    if second.is_none() && !program && !first.starts_with("./") && !first.ends_with(".sh") {
        return None;
    }
    let called = says_run(sentence);
    let known = program && (second.is_some() || called);
    let named = called && (second.is_some() && is_name(first) || first.starts_with("./") || first.ends_with(".sh"));
    (known || named).then_some(Language::Shell)
}

/// Whether the words right in front of the code are "run", "execute" or the like.
fn says_run(sentence: &str) -> bool {
    let lower = sentence.trim_end().trim_end_matches(':').trim_end().to_lowercase();
    let last = lower.rsplit(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    matches!(last, "run" | "execute" | "invoke" | "running" | "executing" | "rerun" | "command")
}

/// Whether the word may be the name of a program: `deployer`, `bin/console`.
fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase() || c == '/' || c == '.')
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte))
}

/// The first word behind the code, if it is apart from it.
fn first_word(behind: &[Inline]) -> &str {
    let text = behind.iter().find(|inline| inline.style != Style::Break).map_or("", |inline| inline.text.as_str());
    let word = text.split_whitespace().next().unwrap_or_default();
    if text.starts_with(' ') { word } else { "" }
}

/// Whether the code is said to be a thing: "the `etcdctl` commands".
fn is_kind(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', ':']);
    matches!(
        word,
        "command"
            | "commands"
            | "container"
            | "pod"
            | "cli"
            | "CLI"
            | "client"
            | "tool"
            | "utility"
            | "script"
            | "binary"
            | "queries"
    )
}

/// Whether what follows says what the code gives: then it states what has to be so.
fn is_outcome(word: &str) -> bool {
    matches!(
        word,
        "returns"
            | "shows"
            | "should"
            | "must"
            | "is"
            | "reports"
            | "fails"
            | "succeeds"
            | "exits"
            | "prints"
            | "answers"
            | "works"
            | "says"
            | "outputs"
            | "displays"
            | "lists"
            | "gives"
            | "has"
            | "does"
            | "will"
    )
}

/// Whether the sentence begins with what has to be so.
fn is_conditional(sentence: &str) -> bool {
    const WORDS: &[&str] =
        &["if", "when", "because", "since", "unless", "note", "after", "before", "while", "the", "once"];
    let first = sentence.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    WORDS.iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// Whether the sentence before the code asks for something to be done.
fn instructs(sentence: &str) -> bool {
    let sentence = sentence.trim();
    let lower = sentence.to_lowercase();
    if is_conditional(sentence) {
        let main = sentence.rsplit([',', ':', '—']).next().unwrap_or_default();
        return main.len() < sentence.len() && (main.trim().is_empty() || sentences::is_imperative(main))
            || says_run(sentence);
    }
    sentence.is_empty()
        || sentence.ends_with([':', '—', '–', '→'])
        || sentences::is_imperative(sentence)
        || sentences::asks(sentence)
        || [" run ", " using ", " with ", " execute ", " use ", " via "]
            .iter()
            .any(|verb| format!("{lower} ").contains(verb))
}
