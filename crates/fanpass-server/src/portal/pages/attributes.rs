//! The attributes that users may carry: the platform's catalogue, and the custom ones, which are registered here.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect};
use fanpass_model::operations::{LIST_ATTRIBUTES, REGISTER_ATTRIBUTE, SET_ATTRIBUTE_STATE};
use fanpass_model::{AttributeDefinition, AttributeList, AttributeState, AttributeType, Namespace, ga4};
use serde_json::json;

use super::pager::Pager;
use super::user::Value;
use crate::portal::download::PAGE;
use crate::portal::fields::Fields;
use crate::portal::frame::{Answer, Frame, page};
use crate::portal::link::{self, link};
use crate::portal::trouble::Trouble;
use crate::portal::visit::Visit;
use http::StatusCode;

/// Members of the request that have a field of their own.
const FIELDS: [&str; 5] = ["/key", "/type", "/allowedValues", "/description", "/owner"];
/// Attributes on a page.
const SHOWN: &str = "200";
const TYPES: [AttributeType; 4] =
    [AttributeType::String, AttributeType::Number, AttributeType::Boolean, AttributeType::List];

#[derive(Template)]
#[template(path = "attributes.html")]
struct Page<'a> {
    frame: Frame,
    /// By key, before the custom ones: on the first page.
    platform: Vec<Row>,
    custom: Vec<Row>,
    pager: Pager,
    ga4_most: usize,
    may_register: bool,
    /// What was typed into the form.
    key: &'a str,
    description: &'a str,
    owner: &'a str,
    /// One a line.
    allowed: &'a str,
    types: Vec<(&'static str, bool)>,
    trouble: Option<&'a Trouble>,
    fields: &'static [&'static str],
}

struct Row {
    key: String,
    address: String,
    kind: String,
    description: String,
    owner: String,
    allowed: Vec<String>,
    retired: bool,
    change_address: String,
    state_address: String,
    /// What Google Analytics would not take of it.
    findings: Vec<String>,
}

pub(in crate::portal) async fn list(visit: Visit) -> Answer {
    all(visit, None).await
}

pub(in crate::portal) async fn register(visit: Visit) -> Answer {
    let form = &visit.form;
    let mut definition = json!({"key": form.text("key").trim()});
    let kind = form.text("type");
    let allowed = form.text("allowed").lines().map(str::trim).filter(|line| !line.is_empty());
    let allowed: Vec<_> = allowed.map(|line| typed(kind, line)).collect();
    if !allowed.is_empty() {
        definition["allowedValues"] = allowed.into();
    }
    for name in ["type", "description", "owner"] {
        if let Some(given) = Some(form.text(name)).filter(|text| !text.is_empty()) {
            definition[name] = given.into();
        }
    }
    match visit.send::<AttributeDefinition>(&REGISTER_ATTRIBUTE, &definition).await {
        Ok(_) => Ok(Redirect::to("/portal/attributes?done=registered").into_response()),
        Err(trouble) if trouble.status.is_client_error() && trouble.status != StatusCode::UNAUTHORIZED => {
            all(visit, Some(&trouble)).await
        }
        Err(trouble) => Err(trouble),
    }
}

/// A line of the form as a value of a type; what is none of it is refused by the operation, by its name.
fn typed(kind: &str, line: &str) -> serde_json::Value {
    match kind {
        "number" | "boolean" => line.parse().unwrap_or_else(|_| line.into()),
        _ => line.into(),
    }
}

/// Retires an attribute, or lets it be set again.
pub(in crate::portal) async fn set_state(visit: Visit) -> Answer {
    let state = json!({"key": visit.query.text("key"), "state": visit.form.text("state")});
    visit.send::<AttributeDefinition>(&SET_ATTRIBUTE_STATE, &state).await?;
    Ok(Redirect::to("/portal/attributes?done=state-set").into_response())
}

async fn all(mut visit: Visit, trouble: Option<&Trouble>) -> Answer {
    if trouble.is_none()
        && let Some(changed) = find(&visit, visit.query.text("key")).await?
    {
        visit.form = fields_of(&changed);
    }
    let after = visit.query.text("after");
    let list: AttributeList = visit.call(&LIST_ATTRIBUTES, &[("after", after), ("limit", SHOWN)]).await?;
    let (platform, custom): (Vec<_>, Vec<_>) =
        list.attributes.into_iter().partition(|definition| definition.key.namespace() == Namespace::Platform);
    let status = trouble.map_or(StatusCode::OK, |trouble| trouble.status);
    let chosen = visit.form.text("type");
    page(
        status,
        &Page {
            frame: visit.frame("Attributes", "/portal/attributes"),
            platform: platform.into_iter().map(row).collect(),
            custom: custom.into_iter().map(row).collect(),
            pager: Pager::new("/portal/attributes", &[], after, list.next.as_deref()),
            ga4_most: ga4::MAX_USER_PROPERTIES,
            may_register: visit.session.may("portal:admin"),
            key: visit.form.text("key"),
            description: visit.form.text("description"),
            owner: visit.form.text("owner"),
            allowed: visit.form.text("allowed"),
            types: TYPES.map(|kind| (kind.as_str(), kind.as_str() == chosen)).into(),
            trouble,
            fields: &FIELDS,
        },
    )
}

/// The attribute of that key, if there is one.
pub(super) async fn find(visit: &Visit, key: &str) -> Result<Option<AttributeDefinition>, Trouble> {
    let mut after = Some(String::new()).filter(|_| !key.is_empty());
    while let Some(place) = after {
        let list: AttributeList =
            visit.call(&LIST_ATTRIBUTES, &[("after", &*place), ("limit", PAGE)]).await?;
        let found = list.attributes.into_iter().find(|known| known.key.as_str() == key);
        if found.is_some() {
            return Ok(found);
        }
        after = list.next;
    }
    Ok(None)
}

/// The form as it registers an attribute as it is.
fn fields_of(definition: &AttributeDefinition) -> Fields {
    let allowed: Vec<_> =
        definition.allowed_values.iter().flat_map(|value| Value::of(value).entries).collect();
    Fields::of([
        ("key", definition.key.as_str()),
        ("type", definition.r#type.map_or("", AttributeType::as_str)),
        ("allowed", &*allowed.join("\n")),
        ("description", definition.description.as_deref().unwrap_or_default()),
        ("owner", definition.owner.as_deref().unwrap_or_default()),
    ])
}

fn row(definition: AttributeDefinition) -> Row {
    let key = definition.key.as_str();
    Row {
        findings: definition.ga4.map(|ga4| ga4.findings).unwrap_or_default(),
        address: link::attribute(key),
        change_address: link("/portal/attributes", [("key", key)]),
        state_address: link("/portal/attribute/state", [("key", key)]),
        owner: definition.owner.unwrap_or_default(),
        allowed: definition.allowed_values.iter().flat_map(|value| Value::of(value).entries).collect(),
        retired: definition.state == Some(AttributeState::Retired),
        key: definition.key.to_string(),
        kind: definition.r#type.map_or("any", AttributeType::as_str).to_owned(),
        description: definition.description.unwrap_or_default(),
    }
}
