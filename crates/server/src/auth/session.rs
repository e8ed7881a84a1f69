//! Sessions: in memory only, so a restart signs everybody out. Kept under the digest of their id.

use std::collections::HashMap;

use jiff::Timestamp;

use super::role::Standing;

const SESSIONS_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Sessions {
    by_digest: HashMap<[u8; 32], Session>,
}

#[derive(Debug)]
struct Session {
    person: String,
    standing: Standing,
    until: Timestamp,
}

impl Sessions {
    pub(crate) fn begin(
        &mut self,
        id: [u8; 32],
        (person, standing): (String, Standing),
        until: Timestamp,
        now: Timestamp,
    ) {
        self.by_digest.retain(|_, session| session.until > now);
        if self.by_digest.len() >= SESSIONS_MAX {
            let oldest = self.by_digest.iter().min_by_key(|(_, session)| session.until).map(|(id, _)| *id);
            oldest.map(|id| self.by_digest.remove(&id));
        }
        self.by_digest.insert(id, Session { person, standing, until });
    }

    pub(crate) fn holder(&self, id: &[u8; 32], now: Timestamp) -> Option<(String, Standing)> {
        let session = self.by_digest.get(id).filter(|session| session.until > now)?;
        Some((session.person.clone(), session.standing))
    }

    pub(crate) fn end(&mut self, id: &[u8; 32]) {
        self.by_digest.remove(id);
    }

    /// Ends every session that somebody began with a token of their own.
    pub(crate) fn end_of(&mut self, person: &str) {
        self.by_digest.retain(|_, session| !(session.standing.proved && session.person == person));
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::role::Role;
    use super::*;

    fn holder(name: &str, proved: bool) -> (String, Standing) {
        (name.to_owned(), Standing { role: Role::Responder, proved })
    }

    #[test]
    fn a_session_ends_when_its_time_has_come_or_its_person_leaves() {
        let now = Timestamp::UNIX_EPOCH;
        let later = now + SignedDuration::from_hours(12);
        let mut sessions = Sessions::default();
        sessions.begin([1; 32], holder("ana", true), later, now);
        sessions.begin([2; 32], holder("ben", false), later, now);
        assert_eq!(sessions.holder(&[1; 32], now), Some(holder("ana", true)));
        assert_eq!(sessions.holder(&[1; 32], later), None);
        sessions.end(&[2; 32]);
        assert_eq!(sessions.holder(&[2; 32], now), None);
    }

    #[test]
    fn a_token_that_is_revoked_ends_the_sessions_that_it_began() {
        let now = Timestamp::UNIX_EPOCH;
        let later = now + SignedDuration::from_hours(12);
        let mut sessions = Sessions::default();
        sessions.begin([1; 32], holder("ana", true), later, now);
        sessions.begin([2; 32], holder("ana", false), later, now);
        sessions.end_of("ana");
        assert_eq!(sessions.holder(&[1; 32], now), None);
        assert_eq!(sessions.holder(&[2; 32], now), Some(holder("ana", false)), "this one came with the admin token");
    }

    #[test]
    fn the_table_is_bounded_and_gives_up_the_oldest() {
        let now = Timestamp::UNIX_EPOCH;
        let mut sessions = Sessions::default();
        for number in 0..=SESSIONS_MAX {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&number.to_be_bytes());
            let until = now + SignedDuration::from_secs(10 + i64::try_from(number).unwrap());
            sessions.begin(id, holder("ana", true), until, now);
        }
        assert_eq!(sessions.by_digest.len(), SESSIONS_MAX);
        assert_eq!(sessions.holder(&[0; 32], now), None);
    }
}
