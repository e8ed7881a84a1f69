//! RD04: a glob where Redis takes a name finds nothing, which looks as if nothing were there.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::rules::redis::sent::sent;
use crate::lint::{Document, Report, Rule};
use crate::syntax::redis::{Argument, Request};

pub(super) const RULE: Rule = Rule {
    code: "RD04",
    name: "glob-taken-as-a-name",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/RD04.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for sent in sent(document) {
        let Some(key) = keys(&sent.request).iter().find(|key| is_glob(key)) else { continue };
        let name = &sent.request.name;
        report.at(
            sent.entry.place(key.span),
            format!("`{name}` takes this as the name of one key, finds none, and does nothing"),
            "list the keys with `redis-cli --scan --pattern 'PATTERN'` and give them to the command one by one",
        );
    }
}

/// The arguments that are names of keys, for the commands that people try with a glob.
fn keys(request: &Request) -> &[Argument] {
    let all = request.arguments.as_slice();
    let first = all.get(..1).unwrap_or_default();
    match request.name.as_str() {
        "DEL" | "UNLINK" | "EXISTS" | "MGET" | "TOUCH" => all,
        "TTL" | "PTTL" | "GET" | "TYPE" | "EXPIRE" | "PEXPIRE" | "EXPIREAT" | "PERSIST" | "STRLEN" | "DUMP"
        | "RENAME" | "HGETALL" | "HGET" | "HLEN" | "HKEYS" | "LLEN" | "LRANGE" | "SMEMBERS" | "SCARD" | "ZCARD"
        | "ZRANGE" | "XLEN" | "XRANGE" | "XINFO" => first,
        "MEMORY" | "OBJECT" => all.get(1..2).unwrap_or_default(),
        _ => &[],
    }
}

fn is_glob(key: &Argument) -> bool {
    // What stands in a placeholder is not there yet: `<key*>`.
    let mut inside = false;
    key.value.chars().any(|letter| {
        inside = letter == '<' || inside && letter != '>';
        letter == '*' && !inside
    })
}
