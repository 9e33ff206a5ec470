//! What is said of an attribute, in words.

use fanpass_model::{AttributeDefinition, AttributeState, AttributeType, AttributeValue};

/// Allowed values that are shown where there is little room.
const SHOWN: usize = 4;

/// A type, as it is declared.
pub fn word(kind: Option<AttributeType>) -> &'static str {
    kind.map_or("any", AttributeType::as_str)
}

/// The values that an attribute takes: its type, and those that are allowed.
pub fn values(definition: &AttributeDefinition) -> String {
    let kind = word(definition.r#type);
    let allowed = &definition.allowed_values;
    if allowed.is_empty() {
        return kind.to_owned();
    }
    let text = |value: &AttributeValue| match value {
        AttributeValue::Text(text) => text.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    };
    let mut shown: Vec<_> = allowed.iter().take(SHOWN).map(text).collect();
    if allowed.len() > SHOWN {
        shown.push(format!("… ({} in all)", allowed.len()));
    }
    format!("{kind}: {}", shown.join(", "))
}

/// What a registration says otherwise than is registered, its type aside.
pub fn changes(known: &AttributeDefinition, wanted: &AttributeDefinition) -> Vec<&'static str> {
    let differs = [
        ("allowed values", known.allowed_values != wanted.allowed_values),
        ("description", known.description != wanted.description),
        ("owner", known.owner != wanted.owner),
        ("state", known.is_retired() != wanted.is_retired()),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(member, _)| member).collect()
}

/// The state as it is shown.
pub fn state(definition: &AttributeDefinition) -> &str {
    definition.state.as_ref().map_or("active", AttributeState::as_str)
}
