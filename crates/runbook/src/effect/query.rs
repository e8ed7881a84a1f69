//! The effect of SQL, told from the first words of each statement and the functions that it calls.
//!
//! A `SELECT` only observes if every function in it is known to.

use allclear_core::EffectClass::{self, Change, Destroy, Observe, Outage, Unknown};

use super::together;
use crate::shell::lexer::Word;
use crate::sql;

/// Functions, and words in front of parentheses, that change nothing.
#[rustfmt::skip]
const PURE: &[&str] = &[
    "COUNT(", "SUM(", "AVG(", "MIN(", "MAX(", "NOW(", "AGE(", "COALESCE(", "EXTRACT(", "ROUND(", "LENGTH(",
    "LOWER(", "UPPER(", "SUBSTRING(", "LEFT(", "RIGHT(", "CONCAT(", "DATE_TRUNC(", "TO_CHAR(", "STRING_AGG(",
    "ARRAY_AGG(", "ROW_NUMBER(", "RANK(", "UNNEST(", "ANY(", "ALL(", "IN(", "EXISTS(", "AND(", "OR(", "NOT(",
    "WHERE(", "OVER(", "VALUES(", "FROM(", "AS(", "ON(", "CAST(", "NULLIF(", "GREATEST(", "LEAST(", "SELECT(",
    "FILTER(", "VERSION(", "CURRENT_SETTING(", "CURRENT_DATABASE(", "FORMAT(", "PG_SIZE_PRETTY(",
    "PG_DATABASE_SIZE(", "PG_TABLE_SIZE(", "PG_RELATION_SIZE(", "PG_TOTAL_RELATION_SIZE(", "PG_INDEXES_SIZE(",
    "PG_BLOCKING_PIDS(", "PG_BACKEND_PID(", "PG_IS_IN_RECOVERY(", "PG_CURRENT_WAL_LSN(", "PG_LAST_WAL_RECEIVE_LSN(",
    "PG_LAST_WAL_REPLAY_LSN(", "PG_LAST_XACT_REPLAY_TIMESTAMP(", "PG_WAL_LSN_DIFF(", "PG_POSTMASTER_START_TIME(",
    "PG_CONF_LOAD_TIME(",
];

/// The effect of a text of one or more statements.
pub(super) fn effect(text: &str) -> EffectClass {
    let statements = sql::statements(text);
    if statements.is_empty() {
        return Unknown;
    }
    statements.iter().map(|span| statement(span.slice(text))).fold(Observe, together)
}

fn statement(text: &str) -> EffectClass {
    let words = sql::words(text);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["SELECT", ..] => select(&words, text),
        ["SHOW", ..] => Observe,
        ["EXPLAIN", rest @ ..] if !rest.iter().any(|word| word.starts_with("ANALYZE")) => Observe,
        ["DROP" | "TRUNCATE" | "DELETE", ..] => Destroy,
        ["VACUUM" | "VACUUM(", rest @ ..] if rest.contains(&"FULL") => Outage,
        ["VACUUM" | "ANALYZE" | "REINDEX" | "INSERT" | "UPDATE" | "CREATE" | "GRANT" | "REVOKE" | "COMMENT", ..] => {
            Change
        }
        ["ALTER", "TABLE", rest @ ..] if rest.contains(&"DROP") => Destroy,
        ["ALTER", ..] => Change,
        _ => Unknown,
    }
}

fn select(words: &[&str], text: &str) -> EffectClass {
    if words.contains(&"PG_TERMINATE_BACKEND(") {
        return if words.contains(&"FROM") { Outage } else { Change };
    }
    if words.iter().any(|word| matches!(*word, "PG_CANCEL_BACKEND(" | "PG_RELOAD_CONF(" | "PG_SWITCH_WAL(")) {
        return Change;
    }
    let pure = words.iter().all(|word| {
        !matches!(*word, "INTO" | "UPDATE" | "DELETE" | "INSERT" | "SHARE")
            && (!word.ends_with('(') || PURE.contains(word))
    });
    // A quoted identifier in front of a parenthesis is a function, too; it is not among the words.
    let quoted_call = text.split_whitespace().collect::<String>().contains("\"(");
    if pure && !quoted_call { Observe } else { Unknown }
}

/// `psql`: what its `-c` commands do; a session without commands only opens.
pub(super) fn psql(arguments: &[&Word], fed: bool) -> EffectClass {
    let mut effect: Option<EffectClass> = None;
    let mut arguments = arguments.iter();
    while let Some(word) = arguments.next() {
        let command = match word.value.as_str() {
            "-c" | "--command" => arguments.next().copied(),
            "-l" | "--list" => {
                effect = Some(effect.unwrap_or(Observe));
                continue;
            }
            option
                if matches!(option, "-f" | "-L")
                    || option.starts_with("--file")
                    || option.starts_with("--output")
                    || option.starts_with("--log-file")
                    || option.starts_with("--command=") =>
            {
                return Unknown;
            }
            option if is_bundle(option, 'c') => arguments.next().copied(),
            option if is_bundle(option, 'f') || is_bundle(option, 'o') || option == "-o" => return Unknown,
            _ => continue,
        };
        let Some(command) = command else { return Unknown };
        let class = query_argument(command);
        effect = Some(effect.map_or(class, |effect| together(effect, class)));
    }
    effect.unwrap_or(if fed { Unknown } else { Observe })
}

fn query_argument(command: &Word) -> EffectClass {
    let text = command.value.trim();
    if let Some(meta) = text.strip_prefix('\\') {
        let word = meta.split_whitespace().next().unwrap_or_default();
        let describes = word.starts_with('d') && word.len() <= 4 && word != "do";
        let lists = (describes || matches!(word, "l" | "l+" | "list")) && !text.contains(['\n', '|', '`']);
        return if lists { Observe } else { Unknown };
    }
    let class = effect(text);
    // What a variable or another command contributes may be anything.
    let opaque = !command.substitutions.is_empty() || command.expands;
    if opaque && class == Observe { Unknown } else { class }
}

/// `-Atc`: short options in one word of which the last takes the value.
fn is_bundle(option: &str, last: char) -> bool {
    option.len() > 2
        && option.starts_with('-')
        && !option.starts_with("--")
        && option.ends_with(last)
        && option[1..].bytes().all(|byte| byte.is_ascii_alphabetic())
}
