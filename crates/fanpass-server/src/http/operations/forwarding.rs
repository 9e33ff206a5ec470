//! Get Forwarding, List and Retry Dead Letters: what is on its way to GA4, and what is not.

use fanpass_model::operations::{GET_FORWARDING, LIST_DEAD_LETTERS, RETRY_DEAD_LETTERS};
use fanpass_model::{DeadLetter, DeadLetterList, ForwardingStatus, Operation, RetriedDeadLetters, UserId};

use super::users::pseudonym;
use crate::http::call::{Call, Operate};
use crate::http::json::to_json;
use crate::http::problem::Problem;
use crate::http::query::cut;
use crate::store;

pub(in crate::http) struct Get;

impl Operate for Get {
    const OPERATION: Operation = GET_FORWARDING;
    type Answer = ForwardingStatus;

    async fn operate(call: &mut Call) -> Result<ForwardingStatus, Problem> {
        let (forwarding, store) = (&call.app.forwarding, &call.app.store);
        let (figures, now) = (store.outbox_figures().await?, store.clock().now());
        let target = forwarding.target.as_ref();
        let mut status = ForwardingStatus::new(
            target.is_some(),
            target.is_some_and(|target| target.debug),
            figures.waiting,
            figures.lag_seconds(now),
            forwarding.delivered(),
            figures.dead,
        );
        status.stream = target.map(|target| target.id.clone());
        status.oldest_at = figures.oldest.map(|oldest| oldest.to_string());
        status.paused_until = forwarding.paused_until(now).map(|until| until.to_string());
        status.last_failure = forwarding.last_failure();
        Ok(status)
    }
}

pub(in crate::http) struct Dead;

impl Operate for Dead {
    const OPERATION: Operation = LIST_DEAD_LETTERS;
    type Answer = DeadLetterList;

    async fn operate(call: &mut Call) -> Result<DeadLetterList, Problem> {
        let parameters = &call.parameters;
        let (before, limit) = (parameters.after_number()?, parameters.limit());
        let mut letters = call.app.store.dead_letters(before, limit + 1).await?;
        let more = cut(&mut letters, limit);
        let next = letters.last().map(|last| last.sequence.to_string());
        let mut list = DeadLetterList::new(letters.into_iter().map(letter).collect());
        list.next = next.filter(|_| more);
        Ok(list)
    }
}

pub(super) fn letter(stored: store::DeadLetter) -> DeadLetter {
    let store::DeadLetter { sequence, user, key, at, reason } = stored;
    DeadLetter::new(sequence, user, key, at.to_string(), reason)
}

pub(in crate::http) struct Retry;

impl Operate for Retry {
    const OPERATION: Operation = RETRY_DEAD_LETTERS;
    type Answer = RetriedDeadLetters;

    async fn operate(call: &mut Call) -> Result<RetriedDeadLetters, Problem> {
        let parameters = &call.parameters;
        let user = parameters.optional("userId", |text| UserId::new(text))?;
        call.audit.target = user.as_ref().map(pseudonym);
        let mut trace = call.trace::<Self>(String::new);
        let traced = move |retried: u64| {
            trace.audit.outcome = Some(serde_json::json!({"retried": retried}));
            if let Some((_, text)) = &mut trace.answer {
                *text = to_json(&RetriedDeadLetters::new(retried));
            }
            trace
        };
        let retried = call.app.store.retry_dead_letters(user.as_ref(), traced).await?;
        call.audited = true;
        Ok(RetriedDeadLetters::new(retried))
    }
}
