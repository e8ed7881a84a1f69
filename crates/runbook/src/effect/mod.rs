//! What a command does to the world, told from its words: `observe`, `change`, `outage`, `destroy` or `unknown`.
//!
//! Conservative: what the catalogue does not know is `unknown`, and so is anything hidden behind a variable, a script
//! or another host. A wrong `observe` would be run without asking, so it takes a whole pipeline of known readers.

mod catalogue;
mod manifest;
mod query;

use allclear_core::EffectClass;

use crate::shell::lexer::{Lexer, Token, TokenKind, Word};
use crate::shell::programs;

/// How deep substitutions and wrappers may nest before the answer is `unknown`.
const DEEPEST: usize = 8;

/// The effect of one command of the given language.
pub(crate) fn classify(language: &str, text: &str) -> EffectClass {
    match language {
        "bash" => shell(text, 0),
        "sql" => query::effect(text),
        "yaml" => manifest::effect(text),
        "redis" => {
            let words: Vec<&str> = text.split_whitespace().collect();
            catalogue::redis(&words)
        }
        _ => EffectClass::Unknown,
    }
}

/// Several effects together: what destroys stays visible; otherwise one unknown makes the whole unknown.
fn together(one: EffectClass, other: EffectClass) -> EffectClass {
    if one == EffectClass::Destroy || other == EffectClass::Destroy { EffectClass::Destroy } else { one.max(other) }
}

fn shell(text: &str, depth: usize) -> EffectClass {
    if depth > DEEPEST {
        return EffectClass::Unknown;
    }
    let mut lexer = Lexer::new(text);
    let tokens: Vec<Token> = lexer.by_ref().collect();
    if lexer.incomplete {
        return EffectClass::Unknown;
    }
    let mut effect = EffectClass::Observe;
    for simple in tokens.split(|token| is_separator(&token.kind)) {
        effect = together(effect, simple_command(text, simple, depth));
    }
    effect
}

fn is_separator(kind: &TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Newline
            | TokenKind::Comment
            | TokenKind::Heredoc
            | TokenKind::Operator("|" | "||" | "&&" | "|&" | ";" | ";;" | "&" | "(" | ")")
    )
}

fn simple_command(text: &str, tokens: &[Token], depth: usize) -> EffectClass {
    let mut words: Vec<&Word> = Vec::new();
    let mut effect = EffectClass::Observe;
    let mut redirection: Option<&'static str> = None;
    for (index, token) in tokens.iter().enumerate() {
        match &token.kind {
            TokenKind::Operator(operator) => redirection = Some(operator),
            TokenKind::Word(word) => {
                for inside in &word.substitutions {
                    effect = together(effect, shell(inside.slice(text), depth + 1));
                }
                match redirection.take() {
                    Some(operator) => effect = together(effect, redirected(operator, word)),
                    None if is_descriptor(word, token, tokens.get(index + 1)) => {}
                    None => words.push(word),
                }
            }
            _ => {}
        }
    }
    together(effect, invocation(&words, depth))
}

/// The `2` of `2>file`.
fn is_descriptor(word: &Word, token: &Token, next: Option<&Token>) -> bool {
    word.value.bytes().all(|byte| byte.is_ascii_digit())
        && next.is_some_and(|next| matches!(next.kind, TokenKind::Operator(_)) && next.span.start == token.span.end)
}

fn redirected(operator: &str, target: &Word) -> EffectClass {
    let writes = matches!(operator, ">" | ">>" | ">|" | "&>" | "&>>" | "<>") || operator == ">&" && target.value != "-";
    let harmless = matches!(target.value.as_str(), "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/tty")
        || operator == ">&" && target.value.bytes().all(|byte| byte.is_ascii_digit());
    match (writes, harmless) {
        (false, _) | (_, true) => EffectClass::Observe,
        _ if target.value.starts_with("/dev/") => EffectClass::Unknown,
        _ => EffectClass::Change,
    }
}

/// Words of the shell's own grammar in front of a command.
const KEYWORDS: &[&str] = &["if", "then", "else", "elif", "while", "until", "do", "!", "{", "time"];

fn invocation(words: &[&Word], depth: usize) -> EffectClass {
    let mut words = words;
    while let [first, rest @ ..] = words {
        let keyword = !first.quoted && KEYWORDS.contains(&first.value.as_str());
        if !keyword && !programs::is_assignment(&first.value) {
            break;
        }
        words = rest;
    }
    let Some((program, arguments)) = words.split_first() else { return EffectClass::Observe };
    if program.expands || !program.substitutions.is_empty() || depth > DEEPEST {
        return EffectClass::Unknown;
    }
    match program.value.rsplit('/').next().unwrap_or_default() {
        "for" | "select" | "case" | "fi" | "done" | "esac" | "}" => EffectClass::Observe,
        "sudo" | "xargs" | "nohup" | "timeout" | "env" | "nice" | "watch" => wrapped(arguments, depth),
        "bash" | "sh" | "zsh" if arguments.is_empty() => EffectClass::Observe,
        "ssh" if arguments.iter().filter(|word| !word.value.starts_with('-')).count() == 1 && arguments.len() == 1 => {
            EffectClass::Observe
        }
        "kubectl" | "oc" | "docker" | "podman" if catalogue::operands(program_name(program), arguments).first() == Some(&"exec") => {
            inside_container(arguments, depth)
        }
        "psql" => query::psql(arguments),
        name => catalogue::effect(name, arguments),
    }
}

fn program_name(program: &Word) -> &str {
    program.value.rsplit('/').next().unwrap_or_default()
}

/// A program that runs another one, possibly with other rights or often: never better than `unknown` unless worse is known.
fn wrapped(arguments: &[&Word], depth: usize) -> EffectClass {
    let start = arguments.iter().position(|word| programs::is_program(&word.value));
    let inner = start.map_or(EffectClass::Unknown, |start| invocation(&arguments[start..], depth + 1));
    if inner == EffectClass::Observe { EffectClass::Unknown } else { inner }
}

/// `kubectl exec POD -- COMMAND`
fn inside_container(arguments: &[&Word], depth: usize) -> EffectClass {
    match arguments.iter().position(|word| word.value == "--") {
        Some(at) => invocation(&arguments[at + 1..], depth + 1),
        None => EffectClass::Unknown,
    }
}
