//! The effect of a text in one of the languages that programs take as an argument or read from their input.

use allclear_core::EffectClass::{self, Change, Destroy, Observe, Unknown};

use super::catalogue::{Catalogue, Language};
use super::{manifest, query, script, shell, together};
use crate::syntax::bash::{Invocation, Word};

/// The effect of a text, `depth` texts deep in others.
pub(super) fn effect(catalogue: &Catalogue, language: Language, text: &str, depth: usize) -> EffectClass {
    match language {
        Language::Bash => shell::effect(catalogue, text, depth),
        Language::Sql => sql(text),
        Language::Mysql => mysql(text),
        Language::Redis => each_line(text, |line| redis(catalogue, line)),
        Language::Mongo => mongo(text),
        Language::Yaml => manifest::effect(text),
        Language::Sed if script::sed_reads(text) => Observe,
        Language::Awk if script::awk_reads(text) => Observe,
        Language::Sed | Language::Awk | Language::Other => Unknown,
    }
}

/// PostgreSQL's, or else what only MySQL understands: runbooks tag both as `sql`.
fn sql(text: &str) -> EffectClass {
    match query::effect(text) {
        Unknown => mysql(text),
        known => known,
    }
}

/// What MySQL and PostgreSQL do not share is told from the first words.
fn mysql(text: &str) -> EffectClass {
    let statements = text.split(';').map(str::trim).filter(|it| !it.is_empty());
    let one = |statement: &str| {
        let statement = statement.trim_end_matches("\\G");
        let mut words = statement.split_whitespace().map(str::to_ascii_uppercase);
        match (words.next().unwrap_or_default().as_str(), words.next().unwrap_or_default().as_str()) {
            ("SHOW" | "USE" | "DESCRIBE" | "DESC" | "HELP", _) => Observe,
            ("KILL" | "FLUSH" | "OPTIMIZE", _)
            | ("SET", "GLOBAL" | "PERSIST")
            | ("CREATE" | "ALTER", "USER")
            | ("GRANT" | "REVOKE", _)
            | ("START" | "STOP" | "CHANGE", "SLAVE" | "REPLICA" | "MASTER" | "REPLICATION") => Change,
            ("PURGE", "BINARY" | "MASTER") | ("RESET", "MASTER" | "SLAVE" | "REPLICA") => Destroy,
            _ => query::effect(statement),
        }
    };
    statements.map(one).reduce(together).unwrap_or(Unknown)
}

fn each_line(text: &str, effect: impl Fn(&str) -> EffectClass) -> EffectClass {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(effect).reduce(together).unwrap_or(Unknown)
}

/// A line for `redis-cli`: the words are the operands of a call.
fn redis(catalogue: &Catalogue, line: &str) -> EffectClass {
    let word = |value: &str| Word { value: value.trim_matches(['"', '\'']).to_owned(), ..Word::default() };
    // Behind `--` nothing is a flag.
    let words = std::iter::once("redis-cli").chain(line.split_whitespace()).map(word).collect();
    let invocation = Invocation { words, ..Invocation::default() };
    let mut call = catalogue.call(&invocation);
    call.flags.clear();
    catalogue.decide(&call).map_or(Unknown, |decision| decision.effect)
}

/// Calls of MongoDB's shell that only read.
#[rustfmt::skip]
const MONGO_READERS: &[&str] = &[
    "rs.status()", "rs.conf()", "rs.printSecondaryReplicationInfo()", "rs.printReplicationInfo()", "db.stats()",
    "db.serverStatus()", "db.currentOp()", "db.hello()", "db.isMaster()", "db.getReplicationInfo()", "sh.status()",
    "db.version()", "db.adminCommand('ping')", "db.adminCommand(\"ping\")", "db.runCommand({ping:1})",
    "db.printSlaveReplicationInfo()", "show dbs", "show collections",
];

fn mongo(text: &str) -> EffectClass {
    let text = text.trim().trim_end_matches(';');
    let lost = [".drop(", ".dropDatabase(", ".deleteMany(", ".deleteOne(", ".remove("];
    if lost.iter().any(|call| text.contains(call)) {
        return Destroy;
    }
    let known = ["rs.stepDown(", "rs.add(", "rs.remove(", ".insertOne(", ".insertMany(", ".createIndex(", ".killOp("];
    match () {
        () if MONGO_READERS.contains(&text) => Observe,
        () if known.iter().any(|call| text.contains(call)) => Change,
        () => Unknown,
    }
}
