//! Who has signed in. Sessions are in memory alone: a restart ends them all, and no token lies on the disk.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

use crate::auth::Claims;
use crate::http::problem::Problem;

/// Sessions at the same time; past it the one that was idle for longest ends.
const SESSIONS_MAX: usize = 1_000;
/// For how long a session may be left idle.
const IDLE_MAX: SignedDuration = SignedDuration::from_hours(1);
/// For how long a session lasts at most.
const AGE_MAX: SignedDuration = SignedDuration::from_hours(12);

/// One person's session.
pub(super) struct Session {
    /// What the person has signed in with.
    pub(super) token: SecretString,
    /// What that says.
    claims: Arc<Claims>,
    /// Stands in every form, so that no other site can send one.
    pub(super) csrf: String,
    begun: Timestamp,
}

impl Session {
    /// Who the token was made for.
    pub(super) fn subject(&self) -> &str {
        &self.claims.sub
    }

    /// Whether the token allows what `scope` does.
    pub(super) fn may(&self, scope: &str) -> bool {
        self.claims.allow(scope)
    }
}

/// The sessions by the SHA-256 of their secret, which only the browser has.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<[u8; 32], Kept>>);

struct Kept {
    session: Arc<Session>,
    used: Timestamp,
}

impl Kept {
    fn stands(&self, now: Timestamp) -> bool {
        now.duration_since(self.used) < IDLE_MAX && now.duration_since(self.session.begun) < AGE_MAX
    }
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session for whoever showed `token`, and gives back its secret.
    pub(super) fn begin(
        &self,
        token: SecretString,
        claims: Arc<Claims>,
        now: Timestamp,
    ) -> Result<String, Problem> {
        let (secret, csrf) = (random()?, random()?);
        let session = Session { token, claims, csrf, begun: now };
        let mut sessions = self.lock();
        sessions.retain(|_, kept| kept.stands(now));
        if sessions.len() >= SESSIONS_MAX
            && let Some(idle) = sessions.iter().min_by_key(|(_, kept)| kept.used).map(|(name, _)| *name)
        {
            sessions.remove(&idle);
        }
        sessions.insert(name(&secret), Kept { session: Arc::new(session), used: now });
        Ok(secret)
    }

    /// The session of a secret, if it stands.
    pub(super) fn find(&self, secret: &str, now: Timestamp) -> Option<Arc<Session>> {
        let (name, mut sessions) = (name(secret), self.lock());
        let kept = sessions.get_mut(&name)?;
        if !kept.stands(now) {
            sessions.remove(&name);
            return None;
        }
        kept.used = now;
        Some(Arc::clone(&kept.session))
    }

    /// Ends the session of a secret, if there is one.
    pub(super) fn end(&self, secret: &str) {
        self.lock().remove(&name(secret));
    }
}

fn name(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// 256 random bits, in hexadecimal.
fn random() -> Result<String, Problem> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Problem::internal(&error))?;
    Ok(format!("{:x}", Bytes::copy_from_slice(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_the_most_the_one_that_was_idle_for_longest_ends() {
        let claims: Claims = serde_json::from_value(serde_json::json!({"iss": "", "aud": "", "sub": "a", "iat": 0, "exp": 9, "jti": "1", "scope": "read"})).unwrap();
        let claims = Arc::new(claims);
        let sessions = Sessions::default();
        let begin = |second| {
            let now = Timestamp::from_second(second).unwrap();
            let claims = Arc::clone(&claims);
            sessions.begin(SecretString::from("token"), claims, now).unwrap()
        };
        let secrets: Vec<_> = (0..).map(begin).take(SESSIONS_MAX).collect();
        let later = Timestamp::from_second(1_500).unwrap();
        assert!(sessions.find(&secrets[0], later).is_some(), "used once more");
        begin(1_501);
        let standing = |secret: &String| sessions.find(secret, later).is_some();
        assert_eq!(
            (standing(&secrets[0]), standing(&secrets[1]), standing(&secrets[2])),
            (true, false, true)
        );
        assert_eq!(sessions.lock().len(), SESSIONS_MAX);
    }
}
