//! Who may come in: whoever has a token, and whoever signed in with one.
//!
//! A person's own token says who they are. The admin token, made at the first start, names nobody: whoever has it says
//! who they are, and is believed.
//!
//! Invariants: neither a token nor a session's id is kept, only their SHA-256; they are compared in constant time or
//! looked up by digest.

mod admin_token;
mod file;
mod guard;
mod origin;
mod person;
mod role;
mod session;
mod token;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use allclear_core::Actor;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

pub(crate) use guard::{guard_api, guard_console, guard_local, guard_origin, is_secure};
use person::Persons;
pub(crate) use person::{Person, PersonError};
pub(crate) use role::{Role, Standing};
use session::Sessions;
use token::TokenDigest;

/// How long a session lasts.
const SESSION_FOR: SignedDuration = SignedDuration::from_hours(12);
const FAILURES_MAX: u32 = 20;
const FAILURES_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// Knows the digests of the tokens and who is signed in; cheap to clone.
#[derive(Debug, Clone)]
pub struct Auth {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// `None` where no server has been started on the data directory yet.
    admin: Option<TokenDigest>,
    persons: Mutex<Persons>,
    sessions: Mutex<Sessions>,
    failures: Mutex<Failures>,
}

/// Sign-ins that failed lately.
#[derive(Debug, Default)]
struct Failures {
    since: Timestamp,
    count: u32,
}

/// Whose a token is.
pub(crate) enum Holder {
    /// Whoever says who they are.
    Admin,
    Person(Person),
}

/// Why tokens cannot be read or made.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// A file with digests of tokens cannot be read or written.
    #[error("`{path}` cannot be read or written: check that this user owns the data directory and that it has space")]
    File {
        /// Where it is.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("`{path}` does not hold a SHA-256 digest: remove it, and the next start makes and shows a new token")]
    Malformed {
        /// Where it is.
        path: String,
    },
    /// The file of the persons' tokens holds something else.
    #[error("`{path}` does not hold tokens ({reason}): put back a copy of it, or remove it and make the tokens anew")]
    MalformedTokens {
        /// Where it is.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The system has no randomness to give.
    #[error("the system gave no random bytes: {0}")]
    Random(String),
}

/// Why somebody was not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignInError {
    #[error(
        "nobody has that token: yours was shown once, when it was made with `allclear token create`; the admin token \
         was printed when the server started for the first time"
    )]
    WrongToken,
    #[error("say who you are: one to sixty-four letters; your name stands beside everything that you do")]
    NoName,
    #[error(
        "too many wrong tokens: wait a minute; the right token is let in at once, and the command line on the server \
         needs none"
    )]
    TooMany,
    #[error("the system gave no random bytes; try again")]
    Random,
}

impl Auth {
    /// Reads the digests that the data directory keeps.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub fn open(data_dir: &Path) -> Result<Self, AuthError> {
        Ok(Self::knowing(admin_token::kept(data_dir)?, Persons::open(data_dir)?))
    }

    /// The same, and an admin token where there is none. A new token is returned to be shown once; nobody can read it
    /// again.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub fn open_with_admin(data_dir: &Path) -> Result<(Self, Option<String>), AuthError> {
        let persons = Persons::open(data_dir)?;
        if let Some(kept) = admin_token::kept(data_dir)? {
            return Ok((Self::knowing(Some(kept), persons), None));
        }
        let (made, token) = admin_token::make(data_dir)?;
        Ok((Self::knowing(Some(made), persons), Some(token)))
    }

    /// A new admin token, and persons that are kept nowhere: for a server without a data directory.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn ephemeral() -> Result<(Self, String), AuthError> {
        let token = token::generate()?;
        Ok((Self::knowing(Some(TokenDigest::of(&token)), Persons::default()), token))
    }

    fn knowing(admin: Option<TokenDigest>, persons: Persons) -> Self {
        let persons = Mutex::new(persons);
        Self { inner: Arc::new(Inner { admin, persons, sessions: Mutex::default(), failures: Mutex::default() }) }
    }

    /// Whose token this is.
    pub(crate) fn holder(&self, token: &str) -> Option<Holder> {
        if self.inner.admin.as_ref().is_some_and(|admin| admin.matches(token)) {
            return Some(Holder::Admin);
        }
        lock(&self.inner.persons).of_token(token).cloned().map(Holder::Person)
    }

    /// Everybody who has a token.
    pub(crate) fn persons(&self) -> Vec<Person> {
        lock(&self.inner.persons).all()
    }

    /// Makes a token, to be shown once. Writes a file.
    pub(crate) fn create(&self, person: Person) -> Result<String, PersonError> {
        lock(&self.inner.persons).create(person)
    }

    /// Ends a token and what was begun with it. Writes a file.
    pub(crate) fn revoke(&self, name: &str) -> Result<(), PersonError> {
        lock(&self.inner.persons).revoke(name)?;
        lock(&self.inner.sessions).end_of(name);
        Ok(())
    }

    /// Begins a session; the answer is its id, for a cookie. Who has the admin token says who they are.
    pub(crate) fn sign_in(&self, token: &str, name: &str, now: Timestamp) -> Result<String, SignInError> {
        let who = match self.admit(token, now)? {
            Holder::Person(person) => (person.name, Standing { role: person.role, proved: true }),
            Holder::Admin if !is_name(name.trim()) => return Err(SignInError::NoName),
            Holder::Admin => (name.trim().to_owned(), Standing { role: Role::Admin, proved: false }),
        };
        let id = random_hex::<32>().map_err(|_| SignInError::Random)?;
        let until = now.saturating_add(SESSION_FOR).unwrap_or(Timestamp::MAX);
        lock(&self.inner.sessions).begin(digest(&id), who, until, now);
        Ok(id)
    }

    /// A right token is let in at all times, so that nobody can lock the others out; only wrong ones are limited.
    fn admit(&self, token: &str, now: Timestamp) -> Result<Holder, SignInError> {
        if let Some(holder) = self.holder(token.trim()) {
            return Ok(holder);
        }
        let mut failures = lock(&self.inner.failures);
        if now.duration_since(failures.since) > FAILURES_WITHIN {
            *failures = Failures { since: now, count: 0 };
        }
        if failures.count >= FAILURES_MAX {
            return Err(SignInError::TooMany);
        }
        failures.count += 1;
        Err(SignInError::WrongToken)
    }

    pub(crate) fn session(&self, id: &str, now: Timestamp) -> Option<(Actor, Standing)> {
        let (person, standing) = lock(&self.inner.sessions).holder(&digest(id), now)?;
        Some((Actor::Person(person.into()), standing))
    }

    pub(crate) fn sign_out(&self, id: &str) {
        lock(&self.inner.sessions).end(&digest(id));
    }
}

/// Whether this can stand in a cause as somebody's name.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn random_hex<const BYTES: usize>() -> Result<String, AuthError> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| AuthError::Random(error.to_string()))?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_tokens_are_limited_and_lock_nobody_out() {
        let (auth, token) = Auth::ephemeral().unwrap();
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..FAILURES_MAX {
            assert_eq!(auth.sign_in("alc_0", "mallory", now), Err(SignInError::WrongToken));
        }
        assert_eq!(auth.sign_in("alc_0", "mallory", now), Err(SignInError::TooMany));
        assert!(auth.sign_in(&token, "ana", now).is_ok());
        assert_eq!(auth.sign_in("alc_0", "mallory", now), Err(SignInError::TooMany), "a sign-in forgives nobody else");
        let later = now + FAILURES_WITHIN + SignedDuration::from_secs(1);
        assert_eq!(auth.sign_in("alc_0", "mallory", later), Err(SignInError::WrongToken));
    }
}
