//! Which names are those of credentials: the one list for variables, flags, keys of a configuration and lint.

/// How tokens begin that say what they are a key to, and what such a key is called.
pub(crate) const KEY_PREFIXES: &[(&str, &str)] = &[
    ("sk_live_", "stripe_secret_key"),
    ("sk_test_", "stripe_secret_key"),
    ("rk_live_", "stripe_restricted_key"),
    ("rk_test_", "stripe_restricted_key"),
    ("whsec_", "stripe_webhook_secret"),
    ("ghp_", "github_token"),
    ("xoxb-", "slack_token"),
    ("xoxp-", "slack_token"),
];

/// Words that are in the name of a credential.
const WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "apikey",
    "authorization",
    "credential",
    "mysql_pwd",
    "rediscli_auth",
    "sshpass",
];

/// What the name of a credential ends with.
const ENDS: &[&str] = &["_key", "_pass", "_pwd"];

/// What the name of something about a credential ends with: where it is, how long it lives, what it is called.
#[rustfmt::skip]
const ABOUT: &[&str] = &[
    "name", "_id", "file", "path", "dir", "url", "uri", "ttl", "arn", "version", "ref", "type", "count", "length",
    "store", "namespace", "endpoint", "host", "user", "enabled",
];

/// What is in names that only look like those of credentials: the public half, keys to sort by, marks of a page.
#[rustfmt::skip]
const NO_CREDENTIALS: &[&str] = &[
    "public", "ssh_key", "kms", "sort_key", "partition_key", "page_token", "next_token", "starting_token",
    "request_token",
];

/// Whether a credential has such a name, or something about one: to be on the safe side.
pub fn mentions_secret(name: &str) -> bool {
    let plain = plain(name);
    WORDS.iter().any(|word| plain.contains(word))
}

/// Whether a name is that of a credential itself.
pub(crate) fn is_secret(name: &str) -> bool {
    let plain = plain(name);
    let about = ABOUT.iter().any(|end| plain.ends_with(end)) || NO_CREDENTIALS.iter().any(|it| plain.contains(it));
    let prefixed = KEY_PREFIXES.iter().any(|(prefix, _)| plain.starts_with(&self::plain(prefix)));
    !about && (prefixed || mentions_secret(name) || ENDS.iter().any(|end| plain.ends_with(end)))
}

fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told_from_names_for_secrets() {
        for name in ["sk_live_NEW_KEY", "DB_PASSWORD", "api-token", "PGPASSWORD", "MYSQL_PWD", "signing_secret"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["secret-name", "key", "pod", "TOKEN_FILE", "SECRET_ARN", "ssh_key", "AWS_ACCESS_KEY_ID"] {
            assert!(!is_secret(name), "{name}");
        }
        assert!(mentions_secret("Authorization") && mentions_secret("token_url") && !mentions_secret("url"));
    }
}
