//! Inline code that is to be run: a command line in backticks within a sentence that tells the reader to run it.
//!
//! Code that only names a thing or states a condition ("if `kubectl get pods` shows …") is not a command.

use crate::parse::markdown::{Inline, Style};
use crate::parse::vocabulary;
use crate::shell::programs;

/// The pieces of inline code that are commands.
pub(crate) fn commands(inlines: &[Inline]) -> Vec<&Inline> {
    let mut found = Vec::new();
    let mut sentence = String::new();
    for inline in inlines {
        match inline.style {
            Style::Code => {
                if is_command_line(&inline.text) && instructs(&sentence) {
                    found.push(inline);
                }
                sentence.push_str("code");
            }
            Style::Break => sentence.push(' '),
            Style::Destination => {}
            Style::Plain | Style::Strong => {
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

fn ends_sentence(text: &str, end: usize) -> bool {
    text[end + 1..].is_empty() || text[end + 1..].starts_with(' ')
}

fn is_command_line(code: &str) -> bool {
    let code = code.trim();
    let words = code.split_whitespace().count();
    words >= 2 && !code.contains('\n') && programs::begins_with_program(code)
}

/// Whether the sentence before the code asks for something to be done.
fn instructs(sentence: &str) -> bool {
    let sentence = sentence.trim();
    let lower = sentence.to_lowercase();
    let first = lower.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    if matches!(first, "if" | "when" | "because" | "since" | "unless" | "note" | "after" | "before" | "while" | "the")
        && !lower.contains(", run")
    {
        return false;
    }
    sentence.is_empty()
        || sentence.ends_with(':')
        || vocabulary::is_imperative(sentence)
        || [" run ", " using ", " with ", " execute ", " use "].iter().any(|verb| format!("{lower} ").contains(verb))
}
