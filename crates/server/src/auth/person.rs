//! The persons who have a token of their own, in one file of the data directory.
//!
//! Invariant: memory holds what the file holds; a change that could not be written did not happen.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use allclear_core::Actor;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::AuthError;
use super::file::{read, replace};
use super::role::Role;
use super::token::{TokenDigest, generate};

const FILE: &str = "tokens.json";

/// Somebody with a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: Actor,
}

/// Everybody who has a token, by its digest.
#[derive(Debug, Default)]
pub(crate) struct Persons {
    /// `None` where they are kept in memory only.
    path: Option<PathBuf>,
    by_token: BTreeMap<TokenDigest, Person>,
}

/// Why nothing was changed about a token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PersonError {
    #[error("a name has one to sixty-four letters")]
    NoName,
    #[error("{0} has a token already: revoke it first with `allclear token revoke {0}`")]
    Taken(String),
    #[error("nobody called `{0}` has a token: `allclear token list` shows who has")]
    Unknown(String),
    #[error(transparent)]
    Kept(#[from] AuthError),
}

/// One line of the file.
#[derive(Serialize, Deserialize)]
struct Entry {
    sha256: TokenDigest,
    #[serde(flatten)]
    person: Person,
}

impl Persons {
    pub(crate) fn open(data_dir: &Path) -> Result<Self, AuthError> {
        let path = data_dir.join(FILE);
        let malformed = |error: serde_json::Error| AuthError::MalformedTokens {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        let entries: Vec<Entry> = match read(&path)? {
            Some(text) => serde_json::from_str(&text).map_err(malformed)?,
            None => Vec::new(),
        };
        let by_token = entries.into_iter().map(|entry| (entry.sha256, entry.person)).collect();
        Ok(Self { path: Some(path), by_token })
    }

    pub(crate) fn of_token(&self, token: &str) -> Option<&Person> {
        self.by_token.get(&TokenDigest::of(token))
    }

    /// Everybody, by name.
    pub(crate) fn all(&self) -> Vec<Person> {
        let mut all: Vec<Person> = self.by_token.values().cloned().collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// Makes a token for somebody who has none; the answer is shown once.
    pub(crate) fn create(&mut self, person: Person) -> Result<String, PersonError> {
        if !super::is_name(&person.name) {
            return Err(PersonError::NoName);
        }
        // Two persons whose names people cannot tell apart would be one pair of eyes.
        let same = |other: &Person| other.name.to_lowercase() == person.name.to_lowercase();
        if let Some(other) = self.by_token.values().find(|other| same(other)) {
            return Err(PersonError::Taken(other.name.clone()));
        }
        let token = generate()?;
        let mut after = self.by_token.clone();
        after.insert(TokenDigest::of(&token), person);
        self.keep(after)?;
        Ok(token)
    }

    /// From now on nobody comes in with the token of this person.
    pub(crate) fn revoke(&mut self, name: &str) -> Result<(), PersonError> {
        let mut after = self.by_token.clone();
        after.retain(|_, person| person.name != name);
        if after.len() == self.by_token.len() {
            return Err(PersonError::Unknown(name.to_owned()));
        }
        Ok(self.keep(after)?)
    }

    fn keep(&mut self, after: BTreeMap<TokenDigest, Person>) -> Result<(), AuthError> {
        if let Some(path) = &self.path {
            let entries = after.iter().map(|(token, person)| Entry { sha256: token.clone(), person: person.clone() });
            let entries: Vec<Entry> = entries.collect();
            let mut text = serde_json::to_vec_pretty(&entries).expect("plain data serialises");
            text.push(b'\n');
            replace(path, &text)?;
        }
        self.by_token = after;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, role: Role) -> Person {
        let created_by = Actor::Person("root".into());
        Person { name: name.to_owned(), role, created_at: Timestamp::UNIX_EPOCH, created_by }
    }

    #[test]
    fn a_token_names_its_person_after_a_restart_and_nobody_once_it_is_revoked() {
        let directory = tempfile::tempdir().unwrap();
        let mut persons = Persons::open(directory.path()).unwrap();
        let token = persons.create(person("ana", Role::Responder)).unwrap();
        persons.create(person("ben", Role::Viewer)).unwrap();
        assert!(matches!(persons.create(person("Ana", Role::Admin)), Err(PersonError::Taken(name)) if name == "ana"));
        let mut again = Persons::open(directory.path()).unwrap();
        assert_eq!(again.of_token(&token), Some(&person("ana", Role::Responder)));
        assert_eq!(again.of_token("alc_0"), None);
        let text = std::fs::read_to_string(directory.path().join(FILE)).unwrap();
        assert!(!text.contains(&token[4..]), "only the digest is kept");
        again.revoke("ana").unwrap();
        assert!(matches!(again.revoke("ana"), Err(PersonError::Unknown(_))));
        let last = Persons::open(directory.path()).unwrap();
        assert_eq!((last.of_token(&token), last.all()), (None, vec![person("ben", Role::Viewer)]));
    }

    #[test]
    fn a_change_that_cannot_be_written_did_not_happen() {
        let directory = tempfile::tempdir().unwrap();
        let mut persons = Persons::open(directory.path()).unwrap();
        std::fs::create_dir(directory.path().join("tokens.new")).unwrap();
        assert!(matches!(persons.create(person("ana", Role::Admin)), Err(PersonError::Kept(_))));
        assert_eq!(persons.all(), []);
    }
}
