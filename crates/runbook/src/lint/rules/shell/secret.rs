//! Which words of a command line are secrets: by the flag in front, by the name they are given, by where they stand.
//!
//! Only literal values count. What a variable or a command puts there is not in the runbook and not in the history.

use crate::secret::is_secret;
use crate::span::Span;
use crate::syntax::bash::{Assignment, Invocation, Word};
use crate::syntax::call::{Call, Flag};

/// A secret among the words of an invocation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Secret {
    /// The flag with the value, or the word.
    pub(super) span: Span,
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

/// The first secret of an invocation.
pub(super) fn of(invocation: &Invocation) -> Option<Secret> {
    let assigned = || invocation.assignments.iter().find(|it| is_assigned(it)).map(|it| assignment_of(&it.word));
    if invocation.wraps.is_some() {
        return assigned().or_else(|| in_front(invocation));
    }
    let call = Call::of(invocation);
    assigned()
        .or_else(|| attached(invocation))
        .or_else(|| call.flags.iter().find_map(|flag| by_flag(&call, flag)))
        .or_else(|| call.operands.iter().find_map(|word| by_operand(&call, word)))
}

/// `sudo NAME=value program`, `docker exec -e NAME=value …`
fn in_front(invocation: &Invocation) -> Option<Secret> {
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
                .map(|word| Secret { span: word.span, listed: true, help: BY_ENVIRONMENT })
        }
        _ => None,
    }
}

fn assignment_of(word: &Word) -> Secret {
    Secret { span: word.span, listed: false, help: BY_ENVIRONMENT }
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
    let blank = value.contains(['<', '>', '{', '[', '*', '…'])
        || value.contains("...")
        || ["your", "xxx", "changeme", "change_me", "change-me", "redacted", "placeholder", "example"]
            .iter()
            .any(|part| lower.contains(part));
    is_literal(word, value) && value.len() > 4 && !blank && !capitals && !is_secret_word(&lower)
}

/// `password`, `secret`, `token`: the name of what is to stand there.
fn is_secret_word(value: &str) -> bool {
    matches!(value, "password" | "secret" | "token" | "passwd" | "key" | "api_key" | "apikey")
}

fn by_flag(call: &Call<'_>, flag: &Flag<'_>) -> Option<Secret> {
    let (word, value) = (flag.value_word?, flag.value?);
    let found = |help| Some(Secret { span: flag.span(), listed: true, help });
    if !is_literal(word, value) {
        return userinfo(call, word);
    }
    match (call.program, flag.name.as_str()) {
        ("kubectl" | "oc", "--from-literal") if call.begins(&["create", "secret"]) => {
            let (name, value) = value.split_once('=')?;
            (is_secret(name) || is_token(value)).then_some(()).and(found(CREATE_SECRET))
        }
        ("curl", "-u" | "--user") => {
            value.split_once(':').filter(|(_, password)| !password.is_empty()).and(found(CURL))
        }
        ("curl" | "wget", "-H" | "--header") => header(value).then_some(()).and(found(CURL)),
        ("curl", "--oauth2-bearer") => found(CURL),
        // RD09 says it, with what redis-cli reads instead.
        ("redis-cli" | "valkey-cli", "-a" | "--pass") => None,
        ("sshpass" | "mongo" | "mongosh" | "mongodump" | "mongorestore", "-p") => found(BY_STDIN),
        ("openssl", "-passin" | "-passout" | "-pass") => value.starts_with("pass:").then_some(()).and(found(BY_STDIN)),
        ("psql", "-c" | "--command") | ("mysql" | "mariadb", "-e" | "--execute") => sets_password(value)
            .then_some(())
            .and(found("set it with `\\password`, or in a file that you run with `-f`")),
        (_, "--set" | "--set-string" | "-e" | "--env") => {
            let (name, value) = value.split_once('=')?;
            let secret = is_secret(name.rsplit('.').next().unwrap_or(name));
            (secret && is_written_out(word, value)).then_some(()).and(found(BY_ENVIRONMENT))
        }
        ("psql" | "pg_dump", "-d" | "--dbname") if conninfo(word) => found(BY_ENVIRONMENT),
        ("gh", "-b" | "--body") if call.begins(&["secret", "set"]) => found(BY_STDIN),
        (_, name) if is_password_flag(name) => found(BY_STDIN),
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

/// `Authorization: Bearer abc`, `X-Api-Key: abc`
fn header(value: &str) -> bool {
    let Some((name, value)) = value.split_once(':') else { return false };
    let name = name.trim().to_ascii_lowercase();
    let secret = matches!(name.as_str(), "authorization" | "proxy-authorization" | "private-token")
        || name.starts_with("x-") && ["token", "key", "secret", "auth"].iter().any(|end| name.ends_with(end));
    let value = value.trim();
    let scheme = ["bearer", "basic", "token", "apikey"].iter().any(|scheme| value.eq_ignore_ascii_case(scheme));
    secret && !value.is_empty() && !scheme && !value.ends_with("...") && !value.ends_with('…')
}

/// What key dispensers hand out begins with what it is a key to.
fn is_token(value: &str) -> bool {
    ["sk_live_", "sk_test_", "rk_live_", "whsec_", "ghp_", "xoxb-", "xoxp-", "AKIA", "glpat-", "eyJ"]
        .iter()
        .any(|start| value.starts_with(start))
}

/// `ALTER ROLE x PASSWORD '…'`, `IDENTIFIED BY '…'`
fn sets_password(sql: &str) -> bool {
    let upper = sql.to_ascii_uppercase();
    ["PASSWORD '", "IDENTIFIED BY '", "PASSWORD = '"].iter().any(|words| {
        upper.split_once(words).is_some_and(|(_, value)| !value.starts_with('\'') && !value.starts_with('$'))
    })
}

/// `mysql -pSECRET`: attached to its letter.
fn attached(invocation: &Invocation) -> Option<Secret> {
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
        listed: true,
        help: "write it into an option file that only you can read: `--defaults-extra-file=FILE`",
    })
}

/// `host=db password=SECRET`
fn conninfo(word: &Word) -> bool {
    let password = word.value.split_whitespace().find_map(|pair| pair.strip_prefix("password="));
    password.is_some_and(|value| is_literal(word, value))
}

fn by_operand(call: &Call<'_>, word: &Word) -> Option<Secret> {
    let found = |help| Some(Secret { span: word.span, listed: true, help });
    let at = call.operands.iter().position(|it| std::ptr::eq(*it, word))?;
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
            "rabbitmqctl" if call.begins(&["add_user|change_password"]) && at == 2 => return found(BY_STDIN),
            "vault" if call.begins(&["login"]) && at == 1 && !word.value.contains('=') => return found(BY_STDIN),
            "psql" | "pg_dump" if conninfo(word) => return found(BY_ENVIRONMENT),
            "vault" if call.begins(&["kv", "put|patch"]) || call.begins(&["write"]) => {
                let (name, value) = word.value.split_once('=')?;
                return (is_secret(name) && is_literal(word, value)).then_some(()).and(found(BY_STDIN));
            }
            "heroku" if call.begins(&["config:set"]) => {
                let (name, value) = word.value.split_once('=')?;
                return (is_key(name) && is_written_out(word, value)).then_some(()).and(found(BY_ENVIRONMENT));
            }
            "kubectl" | "oc" if call.begins(&["set", "env"]) => {
                let (name, value) = word.value.split_once('=')?;
                return (is_key(name) && is_literal(word, value))
                    .then_some(())
                    .and(found("keep it in a Secret and refer to that: `kubectl set env --from=secret/NAME`"));
            }
            _ => {}
        }
    }
    userinfo(call, word)
}

/// `postgres://user:password@host/db`
fn userinfo(call: &Call<'_>, word: &Word) -> Option<Secret> {
    if matches!(call.program, "echo" | "printf" | "grep" | "sed" | "awk") {
        return None;
    }
    let (scheme, rest) = word.value.split_once("://")?;
    let authority = rest.split(['/', '?', '#', ' ', '\'', '"']).next().unwrap_or_default();
    let (user, _) = authority.rsplit_once('@')?;
    let (_, password) = user.split_once(':')?;
    let plain = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-=_".contains(&byte));
    let literal = plain && !password.is_empty() && !password.contains(['$', '`']);
    literal.then_some(Secret { span: word.span, listed: true, help: BY_ENVIRONMENT })
}
