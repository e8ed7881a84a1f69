//! Where a store lies.
//!
//! The address of a PostgreSQL database may hold a password, so it is never printed whole.

use std::fmt;
use std::path::PathBuf;

/// Where a store lies.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A directory of our own, for one process at a time: embedded SQLite.
    DataDir(PathBuf),
    /// Nowhere: gone when the last handle is dropped.
    Memory,
    /// A PostgreSQL database that any number of replicas share: `postgres://user:password@host:port/database`.
    Postgres(String),
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DataDir(path) => write!(formatter, "{}", path.display()),
            Self::Memory => formatter.write_str("memory"),
            Self::Postgres(address) => formatter.write_str(&without_secret(address)),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Location({self})")
    }
}

/// Host, port and database only: whatever stands before the last `@` of the authority or after a `?` may be secret.
fn without_secret(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_printed() {
        for address in [
            "postgres://ana:pa@ss/w0rd@db.example:5432/allclear",
            "postgres://db.example:5432/allclear?user=ana&password=w0rd",
        ] {
            let location = Location::Postgres(address.to_owned());
            assert_eq!(location.to_string(), "postgres://db.example:5432/allclear");
            assert!(!format!("{location:?}").contains("w0rd"));
        }
    }
}
