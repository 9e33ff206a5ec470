//! A letter as the Measurement Protocol has it: one user, at most 25 properties a request, nothing that GA4 would cut or drop.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use fanpass_model::ga4::{BACKDATED_MAX_HOURS, MAX_USER_PROPERTIES, lint_key, lint_value, text};
use fanpass_model::{AttributeKey, AttributeValue};
use serde::Serialize;

use super::target::{Instance, Target, instance};
use crate::store::Letter;

const MICROSECONDS_PER_HOUR: i64 = 3_600_000_000;

/// What is to be sent for a letter.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Composed {
    /// Bodies of requests, each with the number of its properties.
    pub(super) requests: Vec<(Bytes, u64)>,
    /// Attributes that are left out, with the reason.
    pub(super) refused: Vec<(AttributeKey, String)>,
}

#[derive(Serialize)]
struct Payload<'a> {
    #[serde(flatten)]
    instance: &'a Instance,
    user_id: &'a str,
    user_properties: BTreeMap<&'a str, Property<'a>>,
    events: [Event<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_behavior: Option<&'static str>,
}

#[derive(Serialize)]
struct Property<'a> {
    /// None unsets it.
    value: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp_micros: Option<i64>,
}

#[derive(Serialize)]
struct Event<'a> {
    name: &'a str,
    params: BTreeMap<&'static str, &'static str>,
}

/// Makes requests of a letter.
///
/// # Errors
/// JSON that cannot be written; a fault of this file.
pub(super) fn compose(letter: &Letter, target: &Target, now: i64) -> Result<Composed, serde_json::Error> {
    let mut composed = Composed::default();
    let instance = match instance(target.stream, &letter.user) {
        Ok(instance) => instance,
        Err(reason) => {
            composed.refused = letter.changed.keys().map(|key| (key.clone(), reason.clone())).collect();
            return Ok(composed);
        }
    };
    let mut properties = Vec::new();
    for (key, changed) in &letter.changed {
        let value = letter.attributes.get(key.as_str()).unwrap_or(&AttributeValue::Unset);
        if let Some(lint) = lint_key(key).into_iter().chain(lint_value(key, value)).next() {
            composed.refused.push((key.clone(), lint.to_string()));
        } else {
            let timestamp_micros = backdated(*changed, now);
            properties.push((key.name(), Property { value: text(value), timestamp_micros }));
        }
    }
    let mut properties = properties.into_iter().peekable();
    while properties.peek().is_some() {
        let payload = Payload {
            instance: &instance,
            user_id: letter.user.as_str(),
            user_properties: properties.by_ref().take(MAX_USER_PROPERTIES).collect(),
            events: [Event { name: &target.event, params: BTreeMap::new() }],
            validation_behavior: target.debug.then_some("ENFORCE_RECOMMENDATIONS"),
        };
        let count = u64::try_from(payload.user_properties.len()).unwrap_or(u64::MAX);
        composed.requests.push((serde_json::to_vec(&payload)?.into(), count));
    }
    Ok(composed)
}

/// The time of a change, by which GA4 tells an older value from a newer one whatever the order of their arrival. One that lies
/// too far back is left out: the value then counts from its arrival.
fn backdated(changed: i64, now: i64) -> Option<i64> {
    // An hour less than what is taken: clocks differ, and the request is under way for a while.
    let oldest = now - (i64::from(BACKDATED_MAX_HOURS) - 1) * MICROSECONDS_PER_HOUR;
    (oldest..=now).contains(&changed).then_some(changed)
}
