//! What a fence is: commands of some language, or something that is not run, with the reason.

use crate::parse::markdown::Fence;
use crate::parse::prompts;
use crate::shell::lexer::{Lexer, TokenKind};
use crate::shell::programs;
use crate::shell::split::{self, Part};
use crate::span::Span;
use crate::sql;

/// What a fence holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FenceRole {
    Commands(Language),
    /// Only comments: a note to the reader.
    Note,
    Not(&'static str),
}

/// Languages that can be commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Shell,
    Sql,
    Manifest,
    Http,
    Redis,
}

impl Language {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Shell => "bash",
            Self::Sql => "sql",
            Self::Manifest => "yaml",
            Self::Http => "http",
            Self::Redis => "redis",
        }
    }
}

/// One command of a fence, or a comment between commands; positions refer to the fence's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Command { language: Language, start: usize, end: usize, text: String, session: Option<String> },
    Comment(String),
}

pub(crate) const TEMPLATE: &str = "message template";
const OUTPUT: &str = "sample output";

/// Tells commands from everything else by the language tag, or by the text where there is none.
pub(crate) fn role(fence: &Fence, under_template: bool) -> FenceRole {
    let tag = tag(&fence.info);
    let text = fence.text.as_str();
    if text.trim().is_empty() {
        return FenceRole::Not("empty");
    }
    match tag.as_str() {
        "bash" | "sh" | "shell" | "zsh" | "ksh" | "shellscript" | "command" => shell_role(text),
        "console" | "shell-session" | "shellsession" | "sh-session" | "terminal" => session_role(text),
        "sql" | "psql" | "postgres" | "postgresql" | "pgsql" | "mysql" => sql_role(text),
        "yaml" | "yml" if is_manifest(text) => FenceRole::Commands(Language::Manifest),
        "yaml" | "yml" => FenceRole::Not("configuration to merge by hand"),
        "http" => FenceRole::Commands(Language::Http),
        "redis" => FenceRole::Commands(Language::Redis),
        "mermaid" | "plantuml" | "dot" | "graphviz" | "ascii" => FenceRole::Not("diagram"),
        "promql" | "logql" => FenceRole::Not("query to read in a dashboard"),
        "" => untagged_role(text, under_template),
        "text" | "txt" | "plain" | "plaintext" | "none" if under_template || is_template(text) => {
            FenceRole::Not(TEMPLATE)
        }
        "text" | "txt" | "plain" | "plaintext" | "none" | "output" | "log" | "json" | "xml" | "csv" => {
            FenceRole::Not(OUTPUT)
        }
        "md" | "markdown" => FenceRole::Not(TEMPLATE),
        "toml" | "ini" | "hcl" | "conf" | "nginx" | "properties" | "dockerfile" | "env" | "diff" => {
            FenceRole::Not("configuration to merge by hand")
        }
        _ => FenceRole::Not("language that is shown, never run"),
    }
}

/// The language in an info string, such as `bash`, `{.bash}` or `bash title="x"`.
fn tag(info: &str) -> String {
    let first = info.split([' ', ',', '\t']).next().unwrap_or_default();
    first.trim_matches(['{', '}', '.']).to_ascii_lowercase()
}

fn shell_role(text: &str) -> FenceRole {
    let only_comments = text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'));
    if only_comments && !prompts::is_prompted(text, false) {
        return FenceRole::Note;
    }
    FenceRole::Commands(Language::Shell)
}

fn session_role(text: &str) -> FenceRole {
    let runs = prompts::is_prompted(text, true) || text.lines().any(programs::begins_with_program);
    if runs { FenceRole::Commands(Language::Shell) } else { FenceRole::Not(OUTPUT) }
}

fn sql_role(text: &str) -> FenceRole {
    if sql::statements(text).is_empty() { FenceRole::Note } else { FenceRole::Commands(Language::Sql) }
}

fn untagged_role(text: &str, under_template: bool) -> FenceRole {
    if under_template || is_template(text) {
        return FenceRole::Not(TEMPLATE);
    }
    if is_diagram(text) {
        return FenceRole::Not("diagram");
    }
    let first =
        text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("# ")).unwrap_or_default();
    if prompts::is_prompted(text, false) || programs::begins_with_program(first) && !looks_like_output(first) {
        return FenceRole::Commands(Language::Shell);
    }
    if sql::looks_like_sql(text) {
        return FenceRole::Commands(Language::Sql);
    }
    if is_manifest(text) {
        return FenceRole::Commands(Language::Manifest);
    }
    FenceRole::Not(OUTPUT)
}

/// A program's name in front of a colon is what it printed: `curl: (7) Failed to connect`.
fn looks_like_output(line: &str) -> bool {
    line.split_whitespace().next().is_some_and(|word| word.ends_with(':'))
}

fn is_template(text: &str) -> bool {
    let blanks = text.matches('[').zip(text.matches(']')).count();
    let labels = text.lines().filter(|line| line.trim_start().starts_with("**") && line.contains(':')).count();
    labels >= 2 || blanks >= 2 && text.lines().filter(|line| is_label(line)).count() >= 2
}

/// `Impact: …`
fn is_label(line: &str) -> bool {
    line.split_once(": ")
        .is_some_and(|(label, _)| label.len() < 30 && label.starts_with(char::is_uppercase) && !label.contains('='))
}

fn is_diagram(text: &str) -> bool {
    text.contains("+--") || text.contains("-->") || text.chars().any(|c| matches!(c, '─'..='╿' | '▲' | '▼' | '►' | '→'))
}

fn is_manifest(text: &str) -> bool {
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    has("apiVersion:") && has("kind:")
}

/// The commands and comments of a fence that has been found to hold commands.
pub(crate) fn pieces(fence: &Fence, language: Language) -> Vec<Piece> {
    let text = fence.text.as_str();
    match language {
        Language::Shell => {
            let console = !matches!(tag(&fence.info).as_str(), "bash" | "sh" | "shell" | "zsh" | "ksh" | "");
            if prompts::is_prompted(text, console) { prompts::pieces(text, console) } else { shell_pieces(text) }
        }
        Language::Sql => sql::statements(text).into_iter().map(|span| piece(text, language, span)).collect(),
        Language::Manifest => documents(text).into_iter().map(|span| piece(text, language, span)).collect(),
        Language::Http => vec![piece(text, language, trimmed(text, Span::new(0, text.len())))],
        Language::Redis => line_spans(text).map(|span| piece(text, language, span)).collect(),
    }
}

fn piece(text: &str, language: Language, span: Span) -> Piece {
    Piece::Command { language, start: span.start, end: span.end, text: span.slice(text).to_owned(), session: None }
}

fn shell_pieces(text: &str) -> Vec<Piece> {
    let parts = split::split(text).into_iter();
    parts
        .filter_map(|part| match part {
            Part::Comment(span) => Some(Piece::Comment(span.slice(text).trim_start_matches('#').trim().to_owned())),
            Part::Command(span) if is_elision(span.slice(text)) => None,
            Part::Command(span) => Some(piece(text, Language::Shell, without_comment(text, span))),
        })
        .collect()
}

fn is_elision(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '.' | '…' | ' ')) || text == "```"
}

/// A command found by lines may carry a comment at its end.
fn without_comment(text: &str, span: Span) -> Span {
    let source = span.slice(text);
    let mut lexer = Lexer::new(source);
    let end = lexer.by_ref().filter(|token| token.kind != TokenKind::Comment).last().map_or(0, |token| token.span.end);
    if lexer.incomplete || end == 0 { span } else { Span::new(span.start, span.start + end) }
}

/// The manifests of a YAML stream, without the comments and blank lines in front of them.
fn documents(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut start = None;
    let mut offset = 0;
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        if line.trim_end() == "---" {
            found.extend(start.take().map(|start| Span::new(start, end)));
        } else if !content.is_empty() && (start.is_some() || !content.starts_with('#')) {
            start.get_or_insert(offset);
            end = offset + line.trim_end().len();
        }
        offset += line.len();
    }
    found.extend(start.map(|start| Span::new(start, end)));
    found
}

fn line_spans(text: &str) -> impl Iterator<Item = Span> + '_ {
    let mut offset = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let span = trimmed(text, Span::new(offset, offset + line.len()));
        offset += line.len();
        (span.start < span.end && !span.slice(text).starts_with('#')).then_some(span)
    })
}

fn trimmed(text: &str, span: Span) -> Span {
    let source = span.slice(text);
    let start = span.start + (source.len() - source.trim_start().len());
    Span::new(start, start + source.trim().len())
}
