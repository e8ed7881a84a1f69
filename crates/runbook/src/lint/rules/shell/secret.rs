//! Which words of a command line are secrets: by the flag in front, by the name they are given, by where they stand.
//!
//! Only literal values count. What a variable or a command puts there is not in the runbook and not in the history.

use crate::secret::{KEY_PREFIXES, is_secret};
use crate::span::Span;
use crate::syntax::bash::{Assignment, Invocation, Word};
use crate::syntax::call::{Call, Flag};

/// A secret among the words of an invocation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Secret<'w> {
    /// The flag with the value, or the word.
    pub(super) span: Span,
    /// The secret itself, without quotes and without the name in front.
    value: &'w str,
    /// Whether it is an argument, which everybody on the host can see, or a variable of the shell.
    pub(super) listed: bool,
    /// What to write instead.
    pub(super) help: &'static str,
}

const BY_ENVIRONMENT: &str = "read it without an echo, `read -rs NAME`, or let a file or a secret store hand it over";
const BY_STDIN: &str = "let the program read it from its standard input or from a file";
const CREATE_SECRET: &str = "take it from a file or a pipe that only you can read: `--from-file=NAME=FILE`";
const CURL: &str =
    "put it into a file that only you can read and name that with `--config FILE` or `--netrc-file FILE`";

impl Secret<'_> {
    /// Where the value stands in the text of the command; `None` for a blank that somebody is going to fill in.
    pub(super) fn place(&self, text: &str) -> Option<Span> {
        if is_blank(self.value) {
            return None;
        }
        // Where quotes within it keep it from being found, all of it is taken for the secret.
        let at = self.span.slice(text).rfind(self.value).map(|at| self.span.start + at);
        Some(at.map_or(self.span, |at| Span::new(at, at + self.value.len())))
    }
}

/// The secrets of an invocation.
pub(super) fn of(invocation: &Invocation) -> Vec<Secret<'_>> {
    let assigned = invocation.assignments.iter().filter(|it| is_assigned(it)).map(|it| assignment_of(&it.word));
    if invocation.wraps.is_some() {
        return assigned.chain(in_front(invocation)).collect();
    }
    let call = Call::of(invocation);
    let by_flags = call.flags.iter().filter_map(|flag| by_flag(&call, flag));
    let by_operands = call.operands.iter().enumerate().filter_map(|(at, word)| by_operand(&call, at, word));
    assigned.chain(attached(invocation)).chain(by_flags).chain(by_operands).collect()
}

/// `sudo NAME=value program`, `docker exec -e NAME=value …`
fn in_front(invocation: &Invocation) -> Option<Secret<'_>> {
    let named = |word: &&Word| {
        word.value.split_once('=').is_some_and(|(name, value)| is_key(name) && is_written_out(word, value))
    };
    let program = invocation.program();
    match program {
        "sudo" | "env" | "docker" | "podman" => {
            let words = invocation.arguments().iter();
            words
                .take_while(|word| program != "sudo" || word.value.contains('=') || word.value.starts_with('-'))
                .find(named)
                .map(|word| Secret { listed: true, ..assignment_of(word) })
        }
        _ => None,
    }
}

fn assignment_of(word: &Word) -> Secret<'_> {
    Secret { span: word.span, value: behind(&word.value, "="), listed: false, help: BY_ENVIRONMENT }
}

/// What stands behind the first of these marks; all of it where there is none.
fn behind<'w>(text: &'w str, mark: &str) -> &'w str {
    text.split_once(mark).map_or(text, |(_, behind)| behind)
}

/// A name in capitals whose value is written out; a blank to fill in is a reminder rather than a secret.
fn is_assigned(assignment: &Assignment) -> bool {
    is_key(&assignment.name) && is_written_out(&assignment.word, assignment.value())
}

fn is_key(name: &str) -> bool {
    let capitals = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    capitals && is_secret(name)
}

/// Whether the value stands there, or a blank where it is going to stand.
fn is_literal(word: &Word, value: &str) -> bool {
    let elsewhere = ["@", "/", "./", "~/", "file:", "env:", "vault:", "op://", "ref+", "arn:", "ssm:", "fd:", "fileb:"];
    !word.expands
        && !value.contains(['$', '`', '…'])
        && !value.contains("...")
        && !matches!(value, "" | "-" | "true" | "false" | "null" | "none" | "root" | "admin" | "guest" | "postgres")
        && !elsewhere.iter().any(|start| value.starts_with(start))
}

/// Whether the value itself stands there.
fn is_written_out(word: &Word, value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let capitals = value.contains('_') && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    is_literal(word, value) && value.len() > 4 && !is_marked(value, &lower) && !capitals && !is_secret_word(&lower)
}

/// Whether it says of itself that something else is to stand there.
fn is_marked(value: &str, lower: &str) -> bool {
    value.contains(['<', '>', '{', '[', '*', '…'])
        || value.contains("...")
        || ["your", "xxx", "changeme", "change_me", "change-me", "redacted", "placeholder", "example"]
            .iter()
            .any(|part| lower.contains(part))
}

/// Whether it is a blank: `<token>`, `$TOKEN`, `changeme`, `NEW_PASSWORD`, `sk_live_NEW_KEY`.
fn is_blank(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let name = KEY_PREFIXES.iter().find_map(|(prefix, _)| value.strip_prefix(prefix)).unwrap_or(value);
    let capitals = name.contains('_') && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let expands = value.starts_with(['$', '`']) || value.contains("$(") || value.contains("${");
    value.is_empty() || is_marked(value, &lower) || capitals || expands || is_secret_word(&lower)
}

/// `password`, `secret`, `token`: the name of what is to stand there.
fn is_secret_word(value: &str) -> bool {
    matches!(value, "password" | "secret" | "token" | "passwd" | "key" | "api_key" | "apikey")
}

fn by_flag<'w>(call: &Call<'w>, flag: &Flag<'w>) -> Option<Secret<'w>> {
    let (word, value) = (flag.value_word?, flag.value?);
    let found = |help, value| Some(Secret { span: flag.span(), value, listed: true, help });
    if !is_literal(word, value) {
        return userinfo(call, word);
    }
    match (call.program, flag.name.as_str()) {
        ("kubectl" | "oc", "--from-literal") if call.begins(&["create", "secret"]) => {
            let (name, value) = value.split_once('=')?;
            (is_secret(name) || is_token(value)).then_some(()).and(found(CREATE_SECRET, value))
        }
        ("curl", "-u" | "--user") => {
            let (_, password) = value.split_once(':').filter(|(_, password)| !password.is_empty())?;
            found(CURL, password)
        }
        ("curl" | "wget", "-H" | "--header") => found(CURL, header(value)?),
        ("curl", "--oauth2-bearer") => found(CURL, value),
        // RD09 says it, with what redis-cli reads instead.
        ("redis-cli" | "valkey-cli", "-a" | "--pass") => None,
        ("sshpass" | "mongo" | "mongosh" | "mongodump" | "mongorestore", "-p") => found(BY_STDIN, value),
        ("openssl", "-passin" | "-passout" | "-pass") => found(BY_STDIN, value.strip_prefix("pass:")?),
        ("psql", "-c" | "--command") | ("mysql" | "mariadb", "-e" | "--execute") => {
            found("set it with `\\password`, or in a file that you run with `-f`", set_password(value)?)
        }
        (_, "--set" | "--set-string" | "-e" | "--env") => {
            let (name, value) = value.split_once('=')?;
            let secret = is_secret(name.rsplit('.').next().unwrap_or(name));
            (secret && is_written_out(word, value)).then_some(()).and(found(BY_ENVIRONMENT, value))
        }
        ("psql" | "pg_dump", "-d" | "--dbname") if conninfo(word).is_some() => found(BY_ENVIRONMENT, conninfo(word)?),
        ("gh", "-b" | "--body") if call.begins(&["secret", "set"]) => found(BY_STDIN, value),
        (_, name) if is_password_flag(name) => found(BY_STDIN, value),
        _ => userinfo(call, word),
    }
}

/// Flags of any program that are followed by a secret.
fn is_password_flag(name: &str) -> bool {
    const ENDS: &[&str] = &[
        "password",
        "passwd",
        "passphrase",
        "client-secret",
        "secret-key",
        "secret-access-key",
        "api-key",
        "apikey",
        "auth-token",
        "access-token",
        "secret-string",
        "admin-token",
    ];
    let name = name.strip_prefix("--").unwrap_or_default().replace('_', "-");
    name == "token" || ENDS.iter().any(|end| name.ends_with(end))
}

/// The secret of `Authorization: Bearer abc`, `X-Api-Key: abc`.
fn header(value: &str) -> Option<&str> {
    let (name, value) = value.split_once(':')?;
    let name = name.trim().to_ascii_lowercase();
    let secret = matches!(name.as_str(), "authorization" | "proxy-authorization" | "private-token")
        || name.starts_with("x-") && ["token", "key", "secret", "auth"].iter().any(|end| name.ends_with(end));
    let value = value.trim();
    let is_scheme =
        |word: &str| ["bearer", "basic", "token", "apikey"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
    let stands = !value.is_empty() && !is_scheme(value) && !value.ends_with("...") && !value.ends_with('…');
    let (scheme, behind) = value.split_once(' ').unwrap_or(("", value));
    (secret && stands).then_some(if is_scheme(scheme) { behind.trim() } else { value })
}

/// What key dispensers hand out begins with what it is a key to.
fn is_token(value: &str) -> bool {
    ["sk_live_", "sk_test_", "rk_live_", "whsec_", "ghp_", "xoxb-", "xoxp-", "AKIA", "glpat-", "eyJ"]
        .iter()
        .any(|start| value.starts_with(start))
}

/// The secret of `ALTER ROLE x PASSWORD '…'`, `IDENTIFIED BY '…'`.
fn set_password(sql: &str) -> Option<&str> {
    let upper = sql.to_ascii_uppercase();
    let starts = ["PASSWORD '", "IDENTIFIED BY '", "PASSWORD = '"].into_iter();
    let mut values = starts.filter_map(|words| upper.find(words).map(|at| &sql[at + words.len()..]));
    let value = values.find(|value| !value.starts_with(['\'', '$']))?;
    value.split('\'').next()
}

/// `mysql -pSECRET`: attached to its letter.
fn attached(invocation: &Invocation) -> Option<Secret<'_>> {
    let program = invocation.program();
    if !["mysql", "mysqldump", "mysqladmin", "mariadb", "mariadb-dump"].contains(&program) {
        return None;
    }
    let word = invocation
        .arguments()
        .iter()
        .find(|word| word.value.strip_prefix("-p").is_some_and(|value| !value.is_empty() && is_literal(word, value)))?;
    Some(Secret {
        span: word.span,
        value: behind(&word.value, "-p"),
        listed: true,
        help: "write it into an option file that only you can read: `--defaults-extra-file=FILE`",
    })
}

/// The secret of `host=db password=SECRET`.
fn conninfo(word: &Word) -> Option<&str> {
    let password = word.value.split_whitespace().find_map(|pair| pair.strip_prefix("password="));
    password.filter(|value| is_literal(word, value))
}

fn by_operand<'w>(call: &Call<'w>, at: usize, word: &'w Word) -> Option<Secret<'w>> {
    let found = |help, value| Some(Secret { span: word.span, value, listed: true, help });
    if is_literal(word, &word.value) {
        match call.program {
            "export"
                if word
                    .value
                    .split_once('=')
                    .is_some_and(|(name, value)| is_key(name) && is_written_out(word, value)) =>
            {
                return Some(assignment_of(word));
            }
            "rabbitmqctl" if call.begins(&["add_user|change_password"]) && at == 2 => {
                return found(BY_STDIN, &word.value);
            }
            "vault" if call.begins(&["login"]) && at == 1 && !word.value.contains('=') => {
                return found(BY_STDIN, &word.value);
            }
            "psql" | "pg_dump" if conninfo(word).is_some() => return found(BY_ENVIRONMENT, conninfo(word)?),
            "vault" if call.begins(&["kv", "put|patch"]) || call.begins(&["write"]) => {
                let (name, value) = word.value.split_once('=')?;
                return (is_secret(name) && is_literal(word, value)).then_some(()).and(found(BY_STDIN, value));
            }
            "heroku" if call.begins(&["config:set"]) => {
                let (name, value) = word.value.split_once('=')?;
                return (is_key(name) && is_written_out(word, value)).then_some(()).and(found(BY_ENVIRONMENT, value));
            }
            "kubectl" | "oc" if call.begins(&["set", "env"]) => {
                let (name, value) = word.value.split_once('=')?;
                return (is_key(name) && is_literal(word, value))
                    .then_some(())
                    .and(found("keep it in a Secret and refer to that: `kubectl set env --from=secret/NAME`", value));
            }
            _ => {}
        }
    }
    userinfo(call, word)
}

/// `postgres://user:password@host/db`
fn userinfo<'w>(call: &Call<'w>, word: &'w Word) -> Option<Secret<'w>> {
    if matches!(call.program, "echo" | "printf" | "grep" | "sed" | "awk") {
        return None;
    }
    let (scheme, rest) = word.value.split_once("://")?;
    let authority = rest.split(['/', '?', '#', ' ', '\'', '"']).next().unwrap_or_default();
    let (user, _) = authority.rsplit_once('@')?;
    let (_, password) = user.split_once(':')?;
    let plain = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-=_".contains(&byte));
    let literal = plain && !password.is_empty() && !password.contains(['$', '`']);
    literal.then_some(Secret { span: word.span, value: password, listed: true, help: BY_ENVIRONMENT })
}
