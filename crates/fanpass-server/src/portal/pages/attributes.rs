//! The attributes that users may carry: the platform's catalogue, and the custom ones, which are registered here.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect};
use fanpass_model::operations::{LIST_ATTRIBUTES, REGISTER_ATTRIBUTE};
use fanpass_model::{AttributeDefinition, AttributeList, AttributeType, Namespace, ga4};
use serde_json::json;

use crate::portal::frame::{Answer, Frame, page};
use crate::portal::link;
use crate::portal::trouble::Trouble;
use crate::portal::visit::Visit;
use http::StatusCode;

/// Members of the request that have a field of their own.
const FIELDS: [&str; 3] = ["/key", "/type", "/description"];
const TYPES: [AttributeType; 4] =
    [AttributeType::String, AttributeType::Number, AttributeType::Boolean, AttributeType::List];

#[derive(Template)]
#[template(path = "attributes.html")]
struct Page<'a> {
    frame: Frame,
    platform: Vec<Row>,
    custom: Vec<Row>,
    ga4_most: usize,
    may_register: bool,
    /// What was typed into the form.
    key: &'a str,
    description: &'a str,
    types: Vec<(&'static str, bool)>,
    trouble: Option<&'a Trouble>,
    fields: &'static [&'static str],
}

struct Row {
    key: String,
    address: String,
    kind: String,
    description: String,
    /// What Google Analytics would not take of it.
    findings: Vec<String>,
}

pub(in crate::portal) async fn list(visit: Visit) -> Answer {
    all(&visit, None).await
}

pub(in crate::portal) async fn register(visit: Visit) -> Answer {
    let form = &visit.form;
    let mut definition = json!({"key": form.text("key").trim()});
    for name in ["type", "description"] {
        if let Some(given) = Some(form.text(name)).filter(|text| !text.is_empty()) {
            definition[name] = given.into();
        }
    }
    match visit.send::<AttributeDefinition>(&REGISTER_ATTRIBUTE, &definition).await {
        Ok(_) => Ok(Redirect::to("/portal/attributes?done=registered").into_response()),
        Err(trouble) if trouble.status.is_client_error() && trouble.status != StatusCode::UNAUTHORIZED => {
            all(&visit, Some(&trouble)).await
        }
        Err(trouble) => Err(trouble),
    }
}

async fn all(visit: &Visit, trouble: Option<&Trouble>) -> Answer {
    let list: AttributeList = visit.call(&LIST_ATTRIBUTES, &[]).await?;
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
            ga4_most: ga4::MAX_USER_PROPERTIES,
            may_register: visit.session.may("portal:admin"),
            key: visit.form.text("key"),
            description: visit.form.text("description"),
            types: TYPES.map(|kind| (kind.as_str(), kind.as_str() == chosen)).into(),
            trouble,
            fields: &FIELDS,
        },
    )
}

fn row(definition: AttributeDefinition) -> Row {
    Row {
        findings: ga4::lint_key(&definition.key).iter().map(ToString::to_string).collect(),
        address: link::attribute(definition.key.as_str()),
        key: definition.key.to_string(),
        kind: definition.r#type.map_or("any", AttributeType::as_str).to_owned(),
        description: definition.description.unwrap_or_default(),
    }
}
