//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a write that is sent again under its key takes effect
//! once, and is answered as it was.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use fanpass_model::Operation;
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};

use super::body::Room;
use super::call::Call;
use super::problem::{Kind, Problem};
use super::upload;
use crate::store::{KeptAnswer, Once, hashed};

pub(super) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// On an answer that was given before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const KEY_MAX_BYTES: usize = 255;
/// Bytes of a key's SHA-256.
const KEY_HASH_BYTES: usize = 32;

/// The keys of calls that are under way, each with its subject.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<HashSet<(String, String)>>);

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, HashSet<(String, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A key that no other call of its subject has at the moment; free again when dropped.
#[derive(Debug)]
pub(super) struct Claim {
    under_way: Arc<UnderWay>,
    name: (String, String),
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.under_way.lock().remove(&self.name);
    }
}

/// A call's key, and what its request has said so far.
#[derive(Debug)]
pub(super) struct Keyed {
    key: String,
    said: Sha256,
}

impl Keyed {
    fn new(key: String, parts: &Parts) -> Self {
        let mut keyed = Self { key, said: Sha256::new() };
        keyed.saw(parts.method.as_str().as_bytes());
        keyed.saw(parts.uri.path_and_query().map_or("", |path| path.as_str()).as_bytes());
        keyed
    }

    /// Takes a part of the request that must be the same when it is sent again.
    pub(super) fn saw(&mut self, part: &[u8]) {
        self.said.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.said.update(part);
    }

    pub(super) fn into_once(self, subject: String, operation: &str) -> Once {
        Once {
            subject,
            key: self.key,
            operation: operation.to_owned(),
            fingerprint: self.said.finalize().into(),
        }
    }
}

/// Claims the call's key, if it has one; gives back what was answered to it before, if anything was.
pub(super) async fn claim(call: &mut Call, operation: &Operation) -> Result<Option<KeptAnswer>, Problem> {
    let Some(key) = call.parts.headers.get(KEY).filter(|_| operation.is_write()) else { return Ok(None) };
    let key = read_key(key)?;
    // Aside: what a key takes would make the state of every call several times as large.
    Box::pin(claim_key(call, operation, key)).await
}

async fn claim_key(
    call: &mut Call,
    operation: &Operation,
    key: String,
) -> Result<Option<KeptAnswer>, Problem> {
    let subject = call.audit.subject.clone().unwrap_or_default();
    let under_way = Arc::clone(&call.app.under_way);
    let name = (subject, key);
    if !under_way.lock().insert(name.clone()) {
        return Err(still_under_way());
    }
    let (subject, key) = &call.claim.insert(Claim { under_way, name }).name;
    call.keyed = Some(Keyed::new(key.clone(), &call.parts));
    let kept = call.app.store.kept_answer(subject, key).await?;
    if let Some(kept) = &kept {
        hear_out(call, operation).await?;
        let once = call.once();
        if once.is_none_or(|once| once.operation != kept.operation || once.fingerprint != kept.fingerprint) {
            return Err(mismatch());
        }
    }
    Ok(kept)
}

fn read_key(value: &HeaderValue) -> Result<String, Problem> {
    let text = value.to_str().ok().filter(|text| {
        (1..=KEY_MAX_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    });
    // Kept for a day, whatever a caller has put into it: a user's id, which an erasure would not find.
    text.map(|text| hashed("", text, KEY_HASH_BYTES)).ok_or_else(|| {
        let detail = format!(
            "the `Idempotency-Key` is not 1 to {KEY_MAX_BYTES} visible ASCII characters; a random UUID will do"
        );
        Problem::new(Kind::MALFORMED, detail)
    })
}

/// Reads the request as its operation would, so that all of it is in the fingerprint.
async fn hear_out(call: &mut Call, operation: &Operation) -> Result<(), Problem> {
    match operation.content_type {
        None => Ok(()),
        Some("application/json") => {
            let limit = call.app.limits.inline_body_bytes.max(call.app.limits.body_bytes);
            let room = Room::new(&call.app.inline_room);
            call.json_bytes(limit, room).await.map(|_: Bytes| ())
        }
        Some(_) => upload::receive(call).await.map(drop),
    }
}

fn mismatch() -> Problem {
    Problem::invalid_at(
        "Idempotency-Key",
        "idempotency_mismatch",
        "this `Idempotency-Key` came with another request before; nothing was done: use a new key for a new request",
    )
}

fn still_under_way() -> Problem {
    let detail =
        "a call with this `Idempotency-Key` is still under way; ask again in a moment for its answer";
    Problem::new(Kind::CONFLICT, detail).with_header(RETRY_AFTER, HeaderValue::from_static("1"))
}
