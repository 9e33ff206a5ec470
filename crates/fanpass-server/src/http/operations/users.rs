//! Update User Properties: checked whole, stored with its audit record, durable before the answer.

use fanpass_model::operations::UPDATE_USER;
use fanpass_model::{
    AttributeKey, AttributeRegistry, AttributeValue, ModelError, Operation, ProblemItem, UpdateUserRequest,
    UpdateUserResponse, UserId, UserProperties,
};
use serde::Deserialize as _;
use serde_json::{Map, Value};

use crate::http::body::Room;
use crate::http::call::{Call, Operate};
use crate::http::json::{self, escape, missing, shape_item, to_json, unknown_members};
use crate::http::loose::Loose;
use crate::http::problem::{Kind, Problem, item};
pub(super) use crate::store::pseudonym;

const USER_ID: &str = "userId";
const PROPERTIES: &str = "userProperties";

pub(in crate::http) struct Update;

impl Operate for Update {
    const OPERATION: Operation = UPDATE_USER;
    type Answer = UpdateUserResponse;

    async fn operate(call: &mut Call) -> Result<UpdateUserResponse, Problem> {
        let body = call.json_bytes(call.app.limits.body_bytes, Room::new(&call.app.body_room)).await?;
        let registry = call.app.registry();
        let request: UpdateUserRequest =
            json::read(&body).map_err(|first| everything_wrong(&body, &registry).unwrap_or(first))?;
        call.audit.target = Some(pseudonym(&request.user_id));
        check(&request.user_properties, &registry, call.app.limits.attributes_per_update)?;

        let UpdateUserRequest { user_id, user_properties, .. } = request;
        let answer = UpdateUserResponse { user_id: Some(user_id.clone()), ..UpdateUserResponse::default() };
        let trace = call.trace::<Self>(|| to_json(&answer));
        call.app.store.upsert_user(&user_id, &user_properties, trace).await?;
        call.audited = true;
        Ok(answer)
    }
}

fn check(properties: &UserProperties, registry: &AttributeRegistry, most: usize) -> Result<(), Problem> {
    let pointer = format!("/{PROPERTIES}");
    if properties.is_empty() {
        let detail = format!("`{PROPERTIES}` is empty; name at least one attribute to set or unset");
        return Err(Problem::invalid_at(pointer, "empty", detail));
    }
    if properties.len() > most {
        let detail = format!("`{PROPERTIES}` has {} attributes; one update takes {most}", properties.len());
        return Err(Problem::invalid_at(pointer, "too_many", detail));
    }
    let items = violations(properties, registry);
    if items.is_empty() { Ok(()) } else { Err(Problem::invalid(items)) }
}

fn violations(properties: &UserProperties, registry: &AttributeRegistry) -> Vec<ProblemItem> {
    let violations = registry.check(properties).into_iter();
    violations
        .map(|violation| item(place(violation.key.as_str()), violation.kind.code(), violation.to_string()))
        .collect()
}

fn place(key: &str) -> String {
    format!("/{PROPERTIES}/{}", escape(key))
}

/// All that is wrong with a request that could not be read as one: reading stops at the first fault, and whoever
/// mends a mapping wants them all. `None` where the first fault says more, such as a member that stands twice.
fn everything_wrong(body: &[u8], registry: &AttributeRegistry) -> Option<Problem> {
    let request: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let mut items = unknown_members(request.keys(), &[USER_ID, PROPERTIES]);
    let place_of_id = || format!("/{USER_ID}");
    match request.get(USER_ID).map(Loose::deserialize) {
        Some(id) => items.extend(id.ok()?.fault(place_of_id, UserId::validate)),
        None => items.push(missing(place_of_id(), USER_ID)),
    }
    let none = Map::new();
    let properties = match request.get(PROPERTIES) {
        Some(Value::Object(properties)) => properties,
        Some(_) => return None,
        None => {
            items.push(missing(format!("/{PROPERTIES}"), PROPERTIES));
            &none
        }
    };
    let mut sound = UserProperties::new();
    for (name, value) in properties {
        let key = AttributeKey::new(name.clone());
        let value = AttributeValue::deserialize(value);
        match (key, value) {
            (Ok(key), Ok(value)) => drop(sound.insert(key, value)),
            (key, value) => {
                let name_fault = |error: ModelError| {
                    item(place(name), error.kind().code(), format!("`{name}`: the {error}"))
                };
                items.extend(key.err().map(name_fault));
                items.extend(value.err().map(|error| shape_item(place(name), &error.to_string())));
            }
        }
    }
    items.extend(violations(&sound, registry));
    (!items.is_empty()).then(|| Problem::invalid(items))
}

/// The same answer for every id that nothing is stored under.
pub(super) fn no_user() -> Problem {
    Problem::new(
        Kind::NOT_FOUND,
        "there is no user by that id; check its leading zeros, or update the user first",
    )
}
