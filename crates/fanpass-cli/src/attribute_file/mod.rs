//! A file of the attributes that users may carry, `[[attribute]]` tables in TOML: read, written, and made a registry.

mod parse;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use fanpass_model::{
    AttributeDefinition, AttributeKey, AttributeRegistry, AttributeState, AttributeType, AttributeValue,
    PlatformPolicy,
};
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::failure;

pub use parse::{Slip, entries, line_of, parse};

/// What a file says.
#[derive(Debug, Default)]
pub struct AttributeFile {
    pub entries: Vec<Entry>,
    /// What becomes of platform attributes that are neither in the file nor in the contract's catalogue.
    pub unknown: PlatformPolicy,
}

/// One attribute of a file.
#[derive(Debug)]
pub struct Entry {
    /// Where its key stands, from 1.
    pub line: usize,
    pub definition: AttributeDefinition,
}

impl AttributeFile {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        parse(&text).map_err(|slips| slipped(path, &slips, Exit::Refused))
    }

    /// The contract's catalogue with what the file says.
    pub fn registry(self) -> AttributeRegistry {
        let mut registry = AttributeRegistry::builtin().with_policy(self.unknown);
        self.entries.into_iter().for_each(|entry| registry.insert(entry.definition));
        registry
    }
}

/// What is said of a file that cannot be used: each slip, with its line.
pub fn slipped(path: &Path, slips: &[Slip], exit: Exit) -> anyhow::Error {
    let path = path.display();
    let each = slips.iter().map(|Slip { line, message }| format!("{path}:{line}: {message}"));
    let each: Vec<_> = each.collect();
    let message = match each.as_slice() {
        [only] => only.clone(),
        several => format!("{path} has {} mistakes:\n  {}", several.len(), several.join("\n  ")),
    };
    failure(exit, message)
}

#[derive(Serialize)]
struct Document<'a> {
    attribute: Vec<Written<'a>>,
}

#[derive(Serialize)]
struct Written<'a> {
    key: &'a AttributeKey,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<AttributeType>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    allowed_values: &'a [AttributeValue],
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a AttributeState>,
}

/// The text of a file of these attributes.
pub fn text_of<'a>(definitions: impl IntoIterator<Item = &'a AttributeDefinition>) -> Result<String> {
    let text = toml::to_string(&document(definitions))?;
    Ok(format!(
        "# Attributes that users may carry: fanpass attributes import FILE registers the custom ones.\n\n{text}"
    ))
}

/// The same attributes as they stand among the settings of a service.
pub fn settings_text_of<'a>(
    definitions: impl IntoIterator<Item = &'a AttributeDefinition>,
) -> Result<String> {
    Ok(toml::to_string(&BTreeMap::from([("platform", document(definitions))]))?)
}

fn document<'a>(definitions: impl IntoIterator<Item = &'a AttributeDefinition>) -> Document<'a> {
    let written = definitions.into_iter().map(|definition| Written {
        key: &definition.key,
        kind: definition.r#type,
        allowed_values: &definition.allowed_values,
        description: definition.description.as_deref(),
        owner: definition.owner.as_deref(),
        state: definition.state.as_ref(),
    });
    Document { attribute: written.collect() }
}

#[cfg(test)]
mod tests {
    use fanpass_model::ALLOWED_VALUE_MAX_BYTES;
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str) -> String {
        let slips = parse(text).unwrap_err();
        let each: Vec<_> = slips.iter().map(|Slip { line, message }| format!("{line}: {message}")).collect();
        each.join("\n")
    }

    #[test]
    fn every_slip_is_told_with_its_line() {
        let text = r#"unknown = "perhaps"
atribute = 1
[[attribute]]
key = "custom.tier"
type = "colour"
alowed_values = ["gold"]
owner = 7
[[attribute]]
type = "string"
[[attribute]]
key = "tier"
[[attribute]]
key = "custom.points"
type = "number"
allowed_values = [
  1,
  "two",
  [3],
  2026-08-01,
]
state = "paused"
description = ""
[[attribute]]
key = "custom.points"
"#;
        insta::assert_snapshot!(told(text));
        assert_eq!(parse("[[attribute]\n").unwrap_err().len(), 1);
        insta::assert_snapshot!("not_tables", told("attribute = [1]\n"));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let definitions: Vec<AttributeDefinition> = [
            r#"{"key":"user_properties.sth","type":"boolean","description":"Holds a \"season\" ticket"}"#,
            r#"{"key":"custom.any","allowedValues":["x",7,-0.5,true]}"#,
            r#"{"key":"custom.tier","type":"list","allowedValues":["gold"],"owner":"CRM","state":"retired"}"#,
        ]
        .map(|json| serde_json::from_str(json).unwrap())
        .to_vec();
        let text = text_of(&definitions).unwrap();
        insta::assert_snapshot!(text);
        let read = parse(&text).unwrap().entries.into_iter().map(|entry| entry.definition);
        assert_eq!(read.collect::<Vec<_>>(), definitions);
    }

    fn allowed() -> impl Strategy<Value = AttributeValue> {
        prop_oneof![
            any::<String>()
                .prop_filter("it is short", |text| text.len() <= ALLOWED_VALUE_MAX_BYTES)
                .prop_map(AttributeValue::from),
            (-(1_i64 << 53)..=1 << 53).prop_map(AttributeValue::from),
            (-1_000_000_i32..1_000_000).prop_map(|number| {
                serde_json::from_str(&(f64::from(number) / 64.0).to_string()).unwrap()
            }),
            any::<bool>().prop_map(AttributeValue::from),
        ]
    }

    proptest! {
        #[test]
        fn any_definition_survives_the_file(
            name in "[a-z][a-zA-Z0-9_]{0,20}",
            allowed_values in proptest::collection::vec(allowed(), 0..6),
            description in proptest::option::of("\\PC{0,40}[\n\r\t\"']?"),
            owner in proptest::option::of("[a-z]{1,20}"),
            retired in any::<bool>(),
        ) {
            let mut definition = AttributeDefinition::new(AttributeKey::new(format!("custom.{name}")).unwrap());
            (definition.allowed_values, definition.description, definition.owner) =
                (allowed_values, description, owner);
            definition.state = retired.then_some(AttributeState::Retired);
            prop_assume!(definition.faults().is_empty());
            let read = parse(&text_of([&definition]).unwrap()).unwrap().entries;
            prop_assert_eq!(&read[0].definition, &definition);
        }

        #[test]
        fn no_text_is_too_odd_to_be_told_about(text in "(\\[\\[attribute\\]\\]\n|[a-z_]{3,14} ?= ?[0-9\"\\[,x.-]{0,6}\\]?\"?\n|\\PC|\n){0,12}") {
            if let Err(slips) = parse(&text) {
                prop_assert!(!slips.is_empty() && slips.iter().all(|slip| slip.line >= 1));
            }
        }
    }
}
