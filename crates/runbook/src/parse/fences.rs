//! What a fence is: commands of some language, or something that is not run, with the reason.

use crate::parse::appearance::{
    begins_like_query, is_diagram, is_manifest, is_mongo, is_query_text, is_template, is_tree,
};
use crate::parse::markdown::Fence;
use crate::parse::prompts;
use crate::parse::sentences;
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
    Ruby,
    Python,
    Mongo,
    PowerShell,
}

impl Language {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Shell => "bash",
            Self::Sql => "sql",
            Self::Manifest => "yaml",
            Self::Http => "http",
            Self::Redis => "redis",
            Self::Ruby => "ruby",
            Self::Python => "python",
            Self::Mongo => "javascript",
            Self::PowerShell => "powershell",
        }
    }
}

/// One command of a fence, or a comment between commands; positions refer to the fence's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Command { language: Language, start: usize, end: usize, text: String, session: Option<String> },
    Comment { text: String, start: usize },
}

pub(crate) const TEMPLATE: &str = "message template";
const OUTPUT: &str = "sample output";
const DIAGRAM: &str = "diagram";
const QUERY: &str = "query to read in a dashboard";

/// Tells commands from everything else by the language tag, or by the text where there is none.
pub(crate) fn role(fence: &Fence, under_template: bool) -> FenceRole {
    let tag = tag(&fence.info);
    let text = fence.text.as_str();
    if text.trim().is_empty() {
        return FenceRole::Not("empty");
    }
    match tag.as_str() {
        "bash" | "sh" | "shell" | "zsh" | "ksh" | "shellscript" | "command" => shell_role(text),
        "console" | "shell-session" | "shellsession" | "sh-session" | "terminal" | "term" => session_role(text),
        "sql" | "psql" | "postgres" | "postgresql" | "pgsql" | "mysql" => sql_role(text),
        "yaml" | "yml" if is_manifest(text) => FenceRole::Commands(Language::Manifest),
        "http" | "rest" => FenceRole::Commands(Language::Http),
        "redis" => FenceRole::Commands(Language::Redis),
        "powershell" | "pwsh" | "ps1" | "ps" | "cmd" | "bat" | "batch" | "batchfile" => {
            FenceRole::Commands(Language::PowerShell)
        }
        "mongodb" | "mongo" | "mongosh" | "js" | "javascript" if is_mongo(text) => FenceRole::Commands(Language::Mongo),
        "" => untagged_role(text, under_template),
        "text" | "txt" | "plain" | "plaintext" | "none" if under_template || is_template(text) => {
            FenceRole::Not(TEMPLATE)
        }
        "text" | "txt" | "plain" | "plaintext" | "none" if is_diagram(text) => FenceRole::Not(DIAGRAM),
        "text" | "txt" | "plain" | "plaintext" | "none" if prompts::is_prompted(text, false) => {
            FenceRole::Commands(Language::Shell)
        }
        _ if prompts::is_console(text) => FenceRole::Commands(Language::Shell),
        other => FenceRole::Not(shown(other)),
    }
}

/// What a fence holds behind this sentence, in lower case: "The output looks like:" makes output of anything.
pub(crate) fn role_behind(fence: &Fence, lead: &str) -> FenceRole {
    let role = role(fence, false);
    let text = fence.text.as_str();
    let says = |words: &[&str]| words.iter().any(|word| lead.contains(word));
    let tag = tag(&fence.info);
    match role {
        FenceRole::Commands(_) if sentences::forbids(lead) => FenceRole::Not("what is not to be run"),
        FenceRole::Commands(Language::Shell | Language::Sql | Language::Http)
            if is_output_lead(lead) && !prompts::is_prompted(text, true) && !is_typed(text) =>
        {
            FenceRole::Not(OUTPUT)
        }
        FenceRole::Commands(Language::Shell) if is_file_lead(lead) && !text.contains("<<") => {
            FenceRole::Not("script shown as a file")
        }
        FenceRole::Commands(Language::Manifest) if says(&["example", "looks like", "look like", "similar to"]) => {
            FenceRole::Not("configuration to merge by hand")
        }
        FenceRole::Not(_) if matches!(tag.as_str(), "ruby" | "rb") && says(&["console", "rails", "irb", "runner"]) => {
            FenceRole::Commands(Language::Ruby)
        }
        FenceRole::Not(_) if matches!(tag.as_str(), "python" | "py") && says(&["shell", "console", "interpreter"]) => {
            FenceRole::Commands(Language::Python)
        }
        FenceRole::Not(OUTPUT) if tag.is_empty() && says(&["console"]) && says(&["rails", "ruby", "irb"]) => {
            FenceRole::Commands(Language::Ruby)
        }
        FenceRole::Not(OUTPUT) if tag.is_empty() && asks_to_run(lead) && looks_typed(text) => {
            FenceRole::Commands(Language::Shell)
        }
        role => role,
    }
}

/// Whether a program that everybody knows is called, or a statement begins: no lead makes output of that.
fn is_typed(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next().unwrap_or_default();
    let assigns = first.split_once("=$(").is_some_and(|(name, _)| !name.contains(' '));
    sql::looks_like_sql(text) || assigns || programs::begins_with_program(first) && !looks_like_output(first)
}

fn is_output_lead(lead: &str) -> bool {
    const SEEN: &[&str] = &[
        "output",
        "should see",
        "will see",
        "would see",
        "looks like",
        "look like",
        "look similar",
        "should show",
        "something like",
        "should return",
        "returns",
        "response",
        "following error",
        "error message",
        "error like",
        "errors like",
        "error similar",
        "similar to",
        "see the following",
        "prints",
        "result is",
        "results in",
        "shows",
    ];
    let asks =
        [" run ", "run:", "execute", "following command", "commands", "use "].iter().any(|word| lead.contains(word));
    SEEN.iter().any(|word| lead.contains(word))
        && !asks
        && !lead.starts_with("run ")
        && !lead.starts_with("check ")
        && !lead.starts_with("verify ")
}

fn is_file_lead(lead: &str) -> bool {
    [
        "with the following content",
        "following contents",
        "add the following to",
        "add the following line",
        "save the following",
        "save it as",
        "save as",
    ]
    .iter()
    .any(|word| lead.contains(word))
}

fn asks_to_run(lead: &str) -> bool {
    let padded = format!(" {lead} ");
    [" run ", " execute ", " command", " using ", " with ", " type "].iter().any(|word| padded.contains(word))
        && !is_output_lead(lead)
}

/// One or a few lines, each of which begins with a name.
fn looks_typed(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    lines.peek().is_some()
        && lines.enumerate().all(|(number, line)| {
            number < 5
                && line.split_whitespace().count() >= 2
                && line.starts_with(|c: char| c.is_ascii_lowercase() || matches!(c, '.' | '/'))
                && !line.ends_with('.')
                && !looks_like_output(line)
        })
}

/// Why a fence with such a tag is shown and not run.
fn shown(tag: &str) -> &'static str {
    match tag {
        "mermaid" | "plantuml" | "dot" | "graphviz" | "ascii" => DIAGRAM,
        "promql" | "logql" | "kql" | "kusto" | "spl" | "lucene" => QUERY,
        "text" | "txt" | "plain" | "plaintext" | "none" | "output" | "log" | "logs" | "json" | "jsonc" | "xml"
        | "csv" => OUTPUT,
        "md" | "markdown" => TEMPLATE,
        "yaml" | "yml" | "toml" | "ini" | "hcl" | "tf" | "terraform" | "conf" | "nginx" | "properties"
        | "dockerfile" | "env" | "dotenv" | "diff" | "systemd" | "caddyfile" => "configuration to merge by hand",
        _ => "language that is shown, never run",
    }
}

/// The language in an info string, such as `bash`, `{.bash}`, `bash title="x"` or `{code-block} bash`.
fn tag(info: &str) -> String {
    let behind = info.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(_, behind)| behind.trim());
    let info = behind.filter(|behind| !behind.is_empty()).unwrap_or(info);
    let first = info.split([' ', ',', '\t', ':']).next().unwrap_or_default();
    first.trim_matches(['{', '}', '.']).to_ascii_lowercase()
}

fn shell_role(text: &str) -> FenceRole {
    let only_comments = text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'));
    if only_comments && !prompts::is_prompted(text, false) {
        return FenceRole::Note;
    }
    if text.trim_start().starts_with("#!") {
        return FenceRole::Not("script shown as a file");
    }
    if is_tree(text) {
        return FenceRole::Not(DIAGRAM);
    }
    if is_query_text(text) {
        return FenceRole::Not(QUERY);
    }
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    if looks_like_output(first) {
        return FenceRole::Not(OUTPUT);
    }
    if sql::looks_like_sql(text) && !programs::begins_with_program(first) {
        return FenceRole::Commands(Language::Sql);
    }
    FenceRole::Commands(Language::Shell)
}

fn session_role(text: &str) -> FenceRole {
    let runs = prompts::is_prompted(text, true) || text.lines().any(|line| is_command_line(line.trim()));
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
        return FenceRole::Not(DIAGRAM);
    }
    if text.trim_start().starts_with("#!") {
        return FenceRole::Not("script shown as a file");
    }
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    if prompts::is_prompted(text, false) || is_command_line(first) && !looks_like_output(first) {
        return FenceRole::Commands(Language::Shell);
    }
    if sql::looks_like_sql(text) {
        return FenceRole::Commands(Language::Sql);
    }
    if is_manifest(text) {
        return FenceRole::Commands(Language::Manifest);
    }
    if is_mongo(text) {
        return FenceRole::Commands(Language::Mongo);
    }
    FenceRole::Not(if begins_like_query(text) || is_query_text(text) { QUERY } else { OUTPUT })
}

/// A program's name in front of a colon is what it printed: `curl: (7) Failed to connect`.
fn looks_like_output(line: &str) -> bool {
    line.split_whitespace().next().is_some_and(|word| word.ends_with(':') && word != ":")
}

/// Whether a line without prompt is one to type: a program that everybody knows, or a name with options.
fn is_command_line(line: &str) -> bool {
    if programs::begins_with_program(line) {
        return true;
    }
    let mut words = line.split_whitespace().skip_while(|word| programs::is_assignment(word));
    let Some(first) = words.next() else { return programs::is_assignment(line) };
    let name = first.starts_with(|c: char| c.is_ascii_lowercase() || matches!(c, '/' | '.' | '~'))
        && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./~".contains(&byte));
    let path = first.contains('/') && !first.ends_with('/') && !first.contains("//");
    let option = |word: &str| {
        word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-'))
    };
    let prose = line.ends_with(['.', ':']) || line.contains(" the ");
    name && !prose
        && (words.clone().any(option)
            || path
                && (first.ends_with(".sh")
                    || first.starts_with("bin/")
                    || first.starts_with("/usr/")
                    || first.starts_with("scripts/")))
}

/// The commands and comments of a fence that has been found to hold commands.
pub(crate) fn pieces(fence: &Fence, language: Language) -> Vec<Piece> {
    let text = fence.text.as_str();
    match language {
        Language::Shell => {
            let console = !matches!(tag(&fence.info).as_str(), "bash" | "sh" | "shell" | "zsh" | "ksh" | "");
            match prompts::dialogue(text) {
                _ if prompts::is_prompted(text, console) => prompts::pieces(text, console),
                Some(dialogue) => {
                    let mut found = shell_pieces(&text[..dialogue.start]);
                    found.extend(prompts::answers(text, &dialogue));
                    found
                }
                None => shell_pieces(text),
            }
        }
        Language::Sql => sql_pieces(text),
        Language::Manifest => documents(text).into_iter().map(|span| piece(text, language, span)).collect(),
        Language::Http => vec![piece(text, language, trimmed(text, Span::new(0, text.len())))],
        Language::Redis | Language::Ruby | Language::Python | Language::Mongo | Language::PowerShell => {
            plain_pieces(text, language)
        }
    }
}

/// The statements, and the comments on lines of their own between them.
fn sql_pieces(text: &str) -> Vec<Piece> {
    let statements = sql::statements(text);
    let mut found = Vec::new();
    let mut next = statements.iter().peekable();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let end = offset + line.len();
        while let Some(span) = next.next_if(|span| span.start < end) {
            found.push(piece(text, Language::Sql, *span));
        }
        let within = statements.partition_point(|span| span.start <= offset).checked_sub(1);
        let inside = within.is_some_and(|index| statements[index].end > offset);
        if line.trim_start().starts_with("--") && !inside {
            found.push(comment(text, trimmed(text, Span::new(offset, end))));
        }
        offset = end;
    }
    found
}

fn piece(text: &str, language: Language, span: Span) -> Piece {
    Piece::Command { language, start: span.start, end: span.end, text: span.slice(text).to_owned(), session: None }
}

fn shell_pieces(text: &str) -> Vec<Piece> {
    let parts = split::split(text).into_iter();
    parts
        .filter_map(|part| match part {
            Part::Comment(span) => Some(comment(text, span)),
            Part::Command(span) if is_elision(span.slice(text)) || is_printed(span.slice(text)) => None,
            Part::Command(span) if span.slice(text).starts_with("// ") => Some(comment(text, span)),
            Part::Command(span) => Some(piece(text, Language::Shell, without_comment(text, span))),
        })
        .collect()
}

fn is_elision(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '.' | '…' | ' ')) || text == "```"
}

/// What a program printed in the middle of a fence: JSON, or the head of an answer over HTTP.
fn is_printed(text: &str) -> bool {
    ["[{", "{\"", "[\"", "HTTP/1", "HTTP/2"].iter().any(|start| text.starts_with(start))
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

/// One command per line; indented lines, closing brackets and what follows a continuation belong to the one before.
fn plain_pieces(text: &str, language: Language) -> Vec<Piece> {
    let mut spans: Vec<Result<Span, Span>> = Vec::new();
    let mut offset = 0;
    let mut continued = false;
    for line in text.split_inclusive('\n') {
        let span = trimmed(text, Span::new(offset, offset + line.len()));
        offset += line.len();
        let content = span.slice(text);
        let belongs = continued || line.starts_with([' ', '\t', '}', ')', ']', '.']) || content == "end";
        continued = content.ends_with(['\\', '`', '|', ',', '(', '{']);
        match spans.last_mut() {
            _ if content.is_empty() => continued = false,
            _ if content.starts_with('#') || content.starts_with("//") => spans.push(Err(span)),
            Some(Ok(last)) if belongs => last.end = span.end,
            _ => spans.push(Ok(span)),
        }
    }
    let pieces = spans.into_iter().map(|span| match span {
        Ok(span) => piece(text, language, span),
        Err(span) => comment(text, span),
    });
    pieces.collect()
}

fn comment(text: &str, span: Span) -> Piece {
    let words = span.slice(text).trim_start_matches(['#', '/', '-', '*']).trim().to_owned();
    Piece::Comment { text: words, start: span.start }
}

fn trimmed(text: &str, span: Span) -> Span {
    let source = span.slice(text);
    let start = span.start + (source.len() - source.trim_start().len());
    Span::new(start, start + source.trim().len())
}
