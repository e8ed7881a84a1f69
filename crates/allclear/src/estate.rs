//! What a target's addresses name, so that a plan can compare what its commands name.
//!
//! Invariant: of an address that is kept as a secret, only user, host, port and database leave this module.

use allclear_core::{SecretRef, Target};
use allclear_drivers::resolve_secret;
use reqwest::Url;

/// Keys of a URL's query that name another place than the rest of it.
const PLACES: [&str; 4] = ["host", "hostaddr", "port", "dbname"];

/// The target with its addresses, as far as they can be read here, without passwords; and a sentence for each
/// that could not be read: what a command names cannot be compared with it.
pub(crate) fn named(target: &Target, name: &str) -> (Target, Vec<String>) {
    let mut named = target.clone();
    let mut notes = Vec::new();
    let mut read = |reference: &mut SecretRef, what: String| match address(reference) {
        Ok(Some(address)) => *reference = SecretRef::Plain(address),
        Ok(None) => {}
        Err(why) => {
            notes.push(format!("whether commands name the {what} of the target `{name}` could not be compared: {why}"))
        }
    };
    if let Some(postgres) = &mut named.postgres {
        read(postgres, "database".to_owned());
    }
    // Beside a database of its own, a target may have the address of another in its environment.
    let alone = named.postgres.is_none();
    let addresses = |variable: &str| variable == "REDIS_URL" || alone && variable == "DATABASE_URL";
    for (variable, reference) in named.env.iter_mut().filter(|(variable, _)| addresses(variable)) {
        read(reference, format!("address in `{variable}`"));
    }
    (named, notes)
}

/// User, host, port and path of an address that is kept elsewhere; nothing where it is written out, or why it cannot be told.
fn address(reference: &SecretRef) -> Result<Option<String>, String> {
    if matches!(reference, SecretRef::Plain(_)) {
        return Ok(None);
    }
    let text = resolve_secret(reference).map_err(|error| error.to_string())?;
    let url = Url::parse(text.expose().trim()).map_err(|_| "it is no URL".to_owned())?;
    if url.query_pairs().any(|(key, _)| PLACES.contains(&key.as_ref())) {
        return Err("its query names the place".to_owned());
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("it names no host")?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    // In front of the host of another server, a token may stand; and a query can name another user.
    let known = url.scheme().starts_with("postgres") && !url.query_pairs().any(|(key, _)| key == "user");
    let user = Some(url.username()).filter(|user| known && !user.is_empty());
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    Ok(Some(format!("{}://{user}{host}{port}{}", url.scheme(), url.path())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Option<String>, Vec<String>) {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(&file, text).expect("it can be written");
        let reference = SecretRef::File(file.path().display().to_string());
        let (named, notes) = named(&Target { postgres: Some(reference), ..Target::default() }, "production");
        let address = match named.postgres {
            Some(SecretRef::Plain(address)) => Some(address),
            _ => None,
        };
        (address, notes)
    }

    #[test]
    fn an_address_that_is_kept_elsewhere_is_known_without_its_secrets() {
        for (text, expected) in [
            ("postgres://app:hunter22@db.eu:5433/shop?sslmode=require\n", "postgres://app@db.eu:5433/shop"),
            ("postgresql://db.eu", "postgresql://db.eu"),
            ("postgres://app@db.eu/shop?user=root", "postgres://db.eu/shop"),
            ("redis://token@cache.eu", "redis://cache.eu"),
            ("postgres://app:p%2Fw@db.eu/shop", "postgres://app@db.eu/shop"),
        ] {
            assert_eq!(of(text), (Some(expected.to_owned()), Vec::new()), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_said_without_the_secret() {
        for text in ["hunter22", "postgres://app:hunt/er22@db.eu/shop", "postgres:///shop?host=/run/hunter22", ""] {
            let (address, notes) = of(text);
            assert_eq!((address, notes.len()), (None, 1), "{text}");
            assert!(notes[0].contains("could not be compared") && !notes[0].contains("hunt"), "{notes:?}");
        }
    }
}
