//! What an operation is, and the call that it is done for: who calls, what was sent, what the audit will say.

use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use fanpass_model::Operation;
use fanpass_transport::RequestId;
use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::answer;
use super::body::{self, ContentType, Pace, Room};
use super::idempotency::{Claim, Keyed};
use super::json;
use super::problem::{Kind, Problem};
use super::query::Parameters;
use super::shape::check_shape;
use crate::app::App;
use crate::auth::Claims;
use crate::store::{self, AuditEntry, Once, Trace};

/// What an operation does once its caller is known to be allowed to.
pub(crate) trait Operate: 'static {
    /// Path, method, scope and success status, as the contract has them.
    const OPERATION: Operation;
    type Answer: Serialize;

    fn operate(call: &mut Call) -> impl Future<Output = Result<Self::Answer, Problem>> + Send;

    /// The answer once more, from what was kept of it under an idempotency key.
    fn answer_again(_: &App, kept: String) -> impl Future<Output = Result<Vec<u8>, Problem>> + Send {
        std::future::ready(Ok(kept.into_bytes()))
    }
}

/// A call under way.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) app: Arc<App>,
    pub(crate) parts: Parts,
    pub(crate) body: Body,
    /// Those of the query, once the caller is admitted.
    pub(crate) parameters: Parameters,
    /// What the audit will say of it; the operation adds to it what it is about.
    pub(crate) audit: AuditEntry,
    /// Whether the operation has stored the audit record together with what it changed.
    pub(crate) audited: bool,
    /// The call's idempotency key, until its answer is kept.
    pub(super) keyed: Option<Keyed>,
    /// Held until the call's record is kept as well: the key is this call's alone.
    pub(super) claim: Option<Claim>,
    /// Its place among the long answers, which it has until it is sent.
    pub(super) long_answer: Option<OwnedSemaphorePermit>,
    /// What its request takes of the memory for bodies, until it is answered.
    room: Option<Room>,
}

impl Call {
    pub(super) fn new(app: Arc<App>, request: Request, operation: &Operation) -> Self {
        let (parts, body) = request.into_parts();
        let request_id = parts.extensions.get().map_or_else(String::new, RequestId::to_string);
        let audit = AuditEntry { request_id, operation: operation.id.to_owned(), ..AuditEntry::default() };
        let parameters = Parameters::default();
        let (keyed, claim, long_answer, room) = (None, None, None, None);
        Self { app, parts, body, parameters, audit, audited: false, keyed, claim, long_answer, room }
    }

    /// Admits the caller, or says why not.
    pub(super) fn admit(&mut self, scope: &'static str) -> Result<(), Problem> {
        let claims = self.app.authority.authenticate(&self.parts.headers)?;
        self.audit.subject = Some(claims.sub.clone());
        self.audit.jti = Some(claims.jti.clone());
        self.app.rates.take(&claims, self.app.store.clock().now().as_microsecond())?;
        check_scope(&claims, scope)
    }

    /// Waits for a place among the answers that may have some MiB: memory holds so many of them.
    pub(crate) async fn expect_long_answer(&mut self) -> Result<(), Problem> {
        let place = Arc::clone(&self.app.long_answers).acquire_owned();
        let place = timeout(answer::TURN, place).await.ok().and_then(Result::ok);
        self.long_answer = Some(place.ok_or_else(|| {
            Problem::unavailable(
                "as many long answers as this service gives at a time are under way; try again in a moment",
            )
        })?);
        Ok(())
    }

    /// On whose behalf the operation acts, as a job remembers it.
    pub(crate) fn caller(&mut self) -> store::Caller {
        let once = self.once();
        store::Caller { subject: self.audit.subject.clone(), jti: self.audit.jti.clone(), once }
    }

    /// The key under which the call is to take effect once; whoever takes it keeps it with the effect.
    pub(super) fn once(&mut self) -> Option<Once> {
        let keyed = self.keyed.take()?;
        Some(keyed.into_once(self.audit.subject.clone().unwrap_or_default(), &self.audit.operation))
    }

    /// Takes a part of the request that makes it this one and no other.
    pub(super) fn saw(&mut self, part: &[u8]) {
        if let Some(keyed) = &mut self.keyed {
            keyed.saw(part);
        }
    }

    /// What to store with a change that `O` will answer, `kept` of it under the call's key.
    pub(crate) fn trace<O: Operate>(&mut self, kept: impl FnOnce() -> String) -> Trace {
        let answer = self.once().map(|once| (once, kept()));
        Trace { audit: self.audit_with(O::OPERATION.success), answer }
    }

    /// The audit record to store with a change that `status` will announce.
    pub(crate) fn audit_with(&mut self, status: u16) -> AuditEntry {
        self.audit.status = status;
        self.audit.clone()
    }

    /// The request's JSON body of at most `limit` bytes, as it came, if there is `room` for it. That is held until the call is
    /// answered: what is made of the body takes its place, and may wait for the disk.
    pub(crate) async fn json_bytes(&mut self, limit: u64, room: Room) -> Result<Bytes, Problem> {
        if ContentType::of(&self.parts.headers) != ContentType::Json {
            return Err(body::wrong_type(&self.parts.headers, "application/json"));
        }
        let body = std::mem::take(&mut self.body);
        let limits = &self.app.limits;
        let (authority, headers, room) = (&self.app.authority, &self.parts.headers, self.room.insert(room));
        let admitted = || authority.authenticate(headers).map(drop);
        let mut pace = Pace::new(limits, &admitted);
        let bytes = body::collect(headers, body, limit, &mut pace, room).await?;
        admitted()?;
        check_shape(&bytes, limits)?;
        self.saw(&bytes);
        Ok(bytes)
    }

    /// The request in the body, of a size that all operations but inline segments share.
    pub(crate) async fn json<T: DeserializeOwned>(&mut self) -> Result<T, Problem> {
        let bytes = self.json_bytes(self.app.limits.body_bytes, Room::new(&self.app.body_room)).await?;
        json::read(&bytes)
    }
}

/// Refuses a caller whose token does not allow what `scope` does.
pub(super) fn check_scope(claims: &Claims, scope: &'static str) -> Result<(), Problem> {
    if claims.allow(scope) { Ok(()) } else { Err(forbidden(scope)) }
}

fn forbidden(scope: &'static str) -> Problem {
    let detail = format!(
        "the operation needs the scope `{scope}`, which the token does not have; issue a token that has it"
    );
    let problem = Problem::new(Kind::FORBIDDEN, detail);
    let challenge = format!("Bearer realm=\"fanpass\", error=\"insufficient_scope\", scope=\"{scope}\"");
    match HeaderValue::try_from(challenge) {
        Ok(challenge) => problem.with_header(WWW_AUTHENTICATE, challenge),
        Err(_) => problem,
    }
}
