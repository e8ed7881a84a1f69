//! Whether a call of `psql` is for the target's own database.

use allclear_core::{SecretRef, Target};

use super::Pinning;
use super::call::{Named, Naming};
use super::pins::Kind;
use super::values::Known;
use crate::syntax::bash::{Quoting, Word};
use crate::syntax::call::Call;

/// Flags that say where, and those that change nothing of what is sent.
const FLAGS: [&str; 14] = [
    "-h",
    "--host",
    "-p",
    "--port",
    "-d",
    "--dbname",
    "-U",
    "--username",
    "-X",
    "--no-psqlrc",
    "-w",
    "--no-password",
    "-q",
    "--quiet",
];
const USUAL_PORT: &str = "5432";

impl Pinning<'_> {
    /// Whether all that the call names is what the target says of its database; what it does not name comes from there.
    pub(in crate::plan) fn is_own_database(&self, call: &Call<'_>, estate: &Target) -> bool {
        let Some(postgres) = &estate.postgres else { return false };
        // Whoever sets one of them has a database of their own in mind.
        let elsewhere = estate.env.keys().any(|name| name.starts_with("PG") && name != "PGPASSWORD");
        let known = call.flags.iter().all(|flag| FLAGS.contains(&flag.name.as_str()));
        if elsewhere || !known || call.operands.len() > 2 || !call.rest.is_empty() {
            return false;
        }
        let values = call.flags.iter().filter_map(|flag| flag.value_word);
        let is_url = |word: &Word| refers_to(word, postgres, estate);
        let told = |word: &Word| {
            is_url(word) || matches!(self.value(word), Some(Known::Text(text)) if names_no_more(value_of(&text)))
        };
        if !values.chain(call.operands.iter().copied()).all(told) {
            return false;
        }
        let named = Naming { call, values: &self.values }.named(false);
        named.iter().all(|it| self.is_own(it))
            && self.users(call).iter().all(|user| Some(user) == owner(postgres).as_ref())
    }

    fn is_own(&self, named: &Named) -> bool {
        let expected = match named.kind {
            Kind::PostgresPort => self.pins.expected(named.kind).or(Some(USUAL_PORT)),
            kind => self.pins.expected(kind),
        };
        let known = self.pins.expected(Kind::PostgresHost).is_some();
        known
            && named.value.as_deref().zip(expected).is_some_and(|(value, expected)| named.kind.is_same(value, expected))
    }

    /// The users that the call names.
    fn users(&self, call: &Call<'_>) -> Vec<String> {
        let text = |word: &Word| match self.value(word) {
            Some(Known::Text(text)) => Some(text),
            _ => None,
        };
        let by_flag = call.flags.iter().filter(|flag| matches!(flag.name.as_str(), "-U" | "--username"));
        let mut users: Vec<String> = by_flag.filter_map(|flag| flag.value.map(str::to_owned)).collect();
        users.extend(call.operands.get(1).and_then(|word| text(word)));
        let databases = call.flags.iter().filter(|flag| matches!(flag.name.as_str(), "-d" | "--dbname"));
        let databases = databases.filter_map(|flag| flag.value.map(str::to_owned));
        let first = call.operands.first().and_then(|word| text(word));
        users.extend(databases.chain(first).filter_map(|database| user(&database)));
        users
    }

    fn value(&self, word: &Word) -> Option<Known> {
        let fixed = !word.opaque && !word.glob;
        fixed.then(|| match word.quoting {
            Quoting::Single => Known::Text(word.value.clone()),
            _ => self.values.of_text(&word.value),
        })
    }
}

/// Whether a word is the variable that holds the very address of the target's database.
fn refers_to(word: &Word, postgres: &SecretRef, estate: &Target) -> bool {
    let name = word.value.strip_prefix('$').map(|name| name.trim_start_matches('{').trim_end_matches('}'));
    word.quoting != Quoting::Single && name.and_then(|name| estate.env.get(name)) == Some(postgres)
}

/// `--dbname=…` without the flag.
fn value_of(text: &str) -> &str {
    text.strip_prefix("--").and_then(|flag| flag.split_once('=')).map_or(text, |(_, value)| value)
}

/// Whether all that an address may name is compared: a URL without a query, or a conninfo of the usual keys.
fn names_no_more(text: &str) -> bool {
    if text.contains("://") {
        return !text.contains(['?', '#', '%']);
    }
    let usual = |key: &str| matches!(key, "host" | "port" | "dbname" | "user");
    let simple =
        |pair: &str| pair.split_once('=').is_some_and(|(key, value)| usual(key) && !value.contains(['\\', '\'']));
    !text.contains('=') || text.split_whitespace().all(simple)
}

/// The user of the target, where it is known.
fn owner(postgres: &SecretRef) -> Option<String> {
    match postgres {
        SecretRef::Plain(url) => user(url),
        _ => None,
    }
}

/// The user in a URL or in `user=…`.
fn user(address: &str) -> Option<String> {
    if let Some((_, rest)) = address.split_once("://") {
        let (users, _) = rest.split('/').next()?.rsplit_once('@')?;
        return users.split(':').next().map(str::to_owned);
    }
    let pair = address.split_whitespace().find_map(|pair| pair.strip_prefix("user="))?;
    Some(pair.trim_matches('\'').to_owned())
}

#[test]
fn a_user_stands_in_front_of_the_host() {
    assert_eq!(user("postgres://ana:pw@db/shop").as_deref(), Some("ana"));
    assert_eq!(user("host=db user='ana'").as_deref(), Some("ana"));
    assert_eq!((user("postgres://db/shop"), user("shop")), (None, None));
}
