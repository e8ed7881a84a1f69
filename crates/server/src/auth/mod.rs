//! Who may come in: whoever has the admin token, and whoever signed in with it.
//!
//! Invariants: neither the token nor a session's id is kept, only their SHA-256; both are compared in constant time or
//! looked up by digest. Deliberately absent: several users and roles.

mod admin_token;
mod guard;
mod origin;
mod session;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use allclear_core::Actor;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

pub(crate) use guard::{guard_api, guard_console, guard_local, guard_origin, is_secure};
use session::Sessions;

/// How long a session lasts.
const SESSION_FOR: SignedDuration = SignedDuration::from_hours(12);
const FAILURES_MAX: u32 = 20;
const FAILURES_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// Knows the admin token's digest and who is signed in; cheap to clone.
#[derive(Debug, Clone)]
pub struct Auth {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    token: admin_token::TokenDigest,
    sessions: Mutex<Sessions>,
    failures: Mutex<Failures>,
}

/// Sign-ins that failed lately.
#[derive(Debug, Default)]
struct Failures {
    since: Timestamp,
    count: u32,
}

/// Why there is no admin token.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The file with the token's digest cannot be read or written.
    #[error("the admin token's file `{path}` cannot be read or written: check that this user owns the data directory")]
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
    /// The system has no randomness to give.
    #[error("the system gave no random bytes: {0}")]
    Random(String),
}

/// Why somebody was not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignInError {
    #[error("that is not the admin token; it was printed when the server started for the first time")]
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
    /// Reads the admin token's digest from the data directory, or makes a token and keeps its digest there. A new
    /// token is returned to be shown once; nobody can read it again.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub fn open(data_dir: &Path) -> Result<(Self, Option<String>), AuthError> {
        let (token, shown) = admin_token::open(data_dir)?;
        Ok((Self::knowing(token), shown))
    }

    /// A new token that is kept nowhere: for a server without a data directory.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn ephemeral() -> Result<(Self, String), AuthError> {
        let token = admin_token::generate()?;
        Ok((Self::knowing(admin_token::TokenDigest::of(&token)), token))
    }

    fn knowing(token: admin_token::TokenDigest) -> Self {
        Self { inner: Arc::new(Inner { token, sessions: Mutex::default(), failures: Mutex::default() }) }
    }

    pub(crate) fn is_token(&self, given: &str) -> bool {
        self.inner.token.matches(given)
    }

    /// Begins a session; the answer is its id, for a cookie.
    pub(crate) fn sign_in(&self, token: &str, name: &str, now: Timestamp) -> Result<String, SignInError> {
        let name = name.trim();
        if !is_name(name) {
            return Err(SignInError::NoName);
        }
        self.admit(token, now)?;
        let id = random_hex::<32>().map_err(|_| SignInError::Random)?;
        let until = now.saturating_add(SESSION_FOR).unwrap_or(Timestamp::MAX);
        lock(&self.inner.sessions).begin(digest(&id), name.to_owned(), until, now);
        Ok(id)
    }

    /// The right token is let in at all times, so that nobody can lock the others out; only wrong ones are limited.
    fn admit(&self, token: &str, now: Timestamp) -> Result<(), SignInError> {
        if self.is_token(token.trim()) {
            return Ok(());
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

    pub(crate) fn session(&self, id: &str, now: Timestamp) -> Option<Actor> {
        lock(&self.inner.sessions).person(&digest(id), now).map(Actor::Person)
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
