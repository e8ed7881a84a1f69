//! Commands that go with another one, written once with the parts of that one left open.
//!
//! `{call}` is the whole call as written, `{program}` its program, `{scope}` its flags that say where it acts, `{2}` its second operand, `{2..}`
//! the operands from the second on, `{rest}` what stands behind `--`, `{-n|--name}` the value of a flag, `{?-l|--selector}` the flag with
//! its value or nothing, `{input}` what the program reads, as a pipe in front of it, `{captured}` what the capture of the same entry printed. Any other brace is text.

use crate::syntax::bash::{Quoting, Word};
use crate::syntax::call::{Call, Flag};

/// A compiled template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    /// As it is written.
    pub(crate) text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Whole,
    Program,
    Scope,
    Operand(usize),
    OperandsFrom(usize),
    Rest,
    Value(Vec<String>),
    Flag(Vec<String>),
    Input,
    Captured,
}

/// What a template is filled with.
pub(crate) struct Filling<'a> {
    pub(crate) call: &'a Call<'a>,
    /// The call as written.
    pub(crate) written: &'a str,
    /// Names of the flags that say where the program acts.
    pub(crate) scope: &'a [String],
    /// What it reads, as `PROGRAM… | `, if that can be had once more.
    pub(crate) input: Option<&'a str>,
    /// The variable that holds what was captured.
    pub(crate) captured: &'a str,
}

impl Template {
    /// Compiles a template, or says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            literal.push_str(&rest[..at]);
            // A template of Go's, for the program itself.
            if rest[at..].starts_with("{{") {
                literal.push_str("{{");
                rest = &rest[at + 2..];
                continue;
            }
            let inside = rest[at + 1..].split('}').next().filter(|it| at + 1 + it.len() < rest.len());
            match inside.map(part).transpose()?.flatten() {
                Some(part) => {
                    parts.extend((!literal.is_empty()).then(|| Part::Text(std::mem::take(&mut literal))));
                    parts.push(part);
                    rest = &rest[at + inside.map_or(0, str::len) + 2..];
                }
                None => {
                    literal.push('{');
                    rest = &rest[at + 1..];
                }
            }
        }
        literal.push_str(rest);
        parts.extend((!literal.is_empty()).then_some(Part::Text(literal)));
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The command, if the call has every part that it needs.
    pub(crate) fn fill(&self, filling: &Filling<'_>) -> Option<String> {
        let call = filling.call;
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Whole => out.push_str(filling.written),
                Part::Program => out.push_str(call.program),
                Part::Scope => {
                    let flags = call.flags.iter().filter(|flag| filling.scope.contains(&flag.name));
                    push_words(&mut out, flags.map(written));
                }
                Part::Operand(at) => out.push_str(&quoted(call.operands.get(*at)?)),
                Part::OperandsFrom(at) => {
                    push_words(&mut out, call.operands.get(*at..)?.iter().map(|word| quoted(word)));
                }
                Part::Rest => push_words(&mut out, call.rest.iter().map(quoted)),
                Part::Value(names) => {
                    let flag = call.flags.iter().find(|flag| names.contains(&flag.name))?;
                    out.push_str(&value(flag)?);
                }
                Part::Flag(names) => {
                    push_words(&mut out, call.flags.iter().filter(|flag| names.contains(&flag.name)).map(written));
                }
                Part::Input => out.push_str(filling.input?),
                Part::Captured => {
                    out.push_str("\"$");
                    out.push_str(filling.captured);
                    out.push('"');
                }
            }
        }
        Some(tidied(&out))
    }

    /// The words that it stands for, where it is made of operands and values of flags alone.
    pub(crate) fn words(&self, filling: &Filling<'_>) -> Option<Vec<Word>> {
        if let [Part::OperandsFrom(at)] = self.parts.as_slice() {
            return Some(filling.call.operands.get(*at..)?.iter().map(|word| (*word).clone()).collect());
        }
        let mut whole: Option<Word> = None;
        for part in &self.parts {
            let word = match part {
                Part::Operand(at) => (*filling.call.operands.get(*at)?).clone(),
                Part::Value(names) => value_word(filling.call.flags.iter().find(|flag| names.contains(&flag.name))?)?,
                _ => return None,
            };
            whole = Some(match whole {
                Some(before) => joined(before, word),
                None => word,
            });
        }
        Some(vec![whole?])
    }

    /// Whether it is made of operands and values of flags alone.
    pub(crate) fn is_word(&self) -> bool {
        let alone = matches!(self.parts.as_slice(), [Part::OperandsFrom(_)]);
        let word = |part: &Part| matches!(part, Part::Operand(_) | Part::Value(_));
        alone || !self.parts.is_empty() && self.parts.iter().all(word)
    }

    /// Whether what was captured goes into it.
    pub(crate) fn takes_captured(&self) -> bool {
        self.parts.contains(&Part::Captured)
    }
}

/// What stands between braces; `None` if it is text, as in a jsonpath.
fn part(inside: &str) -> Result<Option<Part>, String> {
    let names = |text: &str| text.split('|').map(str::to_owned).collect::<Vec<_>>();
    Ok(Some(match inside {
        "call" => Part::Whole,
        "program" => Part::Program,
        "scope" => Part::Scope,
        "rest" => Part::Rest,
        "input" => Part::Input,
        "captured" => Part::Captured,
        _ if inside.starts_with("?-") => Part::Flag(names(&inside[1..])),
        _ if inside.starts_with('-') => Part::Value(names(inside)),
        _ if inside.starts_with(|c: char| c.is_ascii_digit()) => {
            let (digits, from) = inside.strip_suffix("..").map_or((inside, false), |digits| (digits, true));
            let Some(at) = digits.parse::<usize>().ok().and_then(|number| number.checked_sub(1)) else {
                return Err(format!("`{{{inside}}}`: operands are counted from 1"));
            };
            if from { Part::OperandsFrom(at) } else { Part::Operand(at) }
        }
        _ if !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            return Err(format!(
                "`{{{inside}}}` is no part of a command: there are {{call}}, {{program}}, {{scope}}, {{1}}, {{2..}}, {{rest}}, \
                 {{-n|--name}}, {{?-n|--name}}, {{input}} and {{captured}}"
            ));
        }
        _ => return Ok(None),
    }))
}

fn push_words(out: &mut String, words: impl Iterator<Item = String>) {
    out.push_str(&words.collect::<Vec<_>>().join(" "));
}

/// The flag with its value, as it could be typed.
fn written(flag: &Flag<'_>) -> String {
    match (flag.value_word, value(flag)) {
        (Some(word), Some(value)) if std::ptr::eq(word, flag.word) && flag.name.starts_with("--") => {
            format!("{}={value}", flag.name)
        }
        (_, Some(value)) => format!("{} {value}", flag.name),
        (_, None) => flag.name.clone(),
    }
}

fn value(flag: &Flag<'_>) -> Option<String> {
    value_word(flag).map(|word| quoted(&word))
}

fn value_word(flag: &Flag<'_>) -> Option<Word> {
    Some(Word { value: flag.value?.to_owned(), ..flag.value_word?.clone() })
}

/// Two words that stand right behind each other.
fn joined(before: Word, behind: Word) -> Word {
    let quoting = if before.quoting == behind.quoting { before.quoting } else { Quoting::Mixed };
    Word {
        value: before.value + &behind.value,
        quoting,
        expands: before.expands || behind.expands,
        opaque: before.opaque || behind.opaque,
        glob: before.glob || behind.glob,
        content: None,
        ..before
    }
}

/// The word as it could be typed again.
pub(crate) fn quoted(word: &Word) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:@%+=,<>{}$*?[]~^#".contains(c);
    match word.quoting {
        Quoting::Bare => word.value.clone(),
        _ if word.expands => {
            let escaped: String = word
                .value
                .chars()
                .flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c]))
                .collect();
            format!("\"{escaped}\"")
        }
        Quoting::Double if word.value.chars().all(|c| plain(c) && c != '$') => format!("\"{}\"", word.value),
        _ => format!("'{}'", word.value.replace('\'', "'\\''")),
    }
}

/// Without the gaps that absent parts leave.
fn tidied(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        if !(c == ' ' && quote.is_none() && (out.is_empty() || out.ends_with(' '))) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}
