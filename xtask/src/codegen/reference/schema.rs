//! Reference sections of schemas, and the types of fields in words.

use std::collections::BTreeMap;

use super::{TYPES, table, yes_or_no};
use crate::contract::{Bounds, Contract, Field, FieldType, Schema, SchemaKind};

/// Names types in words that link to the page that explains them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Types<'a> {
    /// The page of each schema that is generated; the others stand on the page of types.
    pub(super) places: &'a BTreeMap<&'a str, String>,
}

impl Types<'_> {
    /// `kind` in words.
    pub(super) fn words(self, kind: &FieldType) -> String {
        match kind {
            FieldType::Text => "text".to_owned(),
            FieldType::Secret => "secret text".to_owned(),
            FieldType::Timestamp => "timestamp (RFC 3339)".to_owned(),
            FieldType::File => "file".to_owned(),
            FieldType::Boolean => "`true` or `false`".to_owned(),
            FieldType::Integer(name) => format!("whole number (`{name}`)"),
            FieldType::Named(name) => self.link(name),
            FieldType::List(items) => format!("list of {}", self.words(items)),
        }
    }

    /// `kind` in words, and what may stand there.
    pub(super) fn words_within(self, kind: &FieldType, bounds: &Bounds) -> String {
        let range = match (bounds.least, bounds.most) {
            (Some(least), Some(most)) => format!(" from {least} to {most}"),
            (Some(least), None) => format!(", {least} at least"),
            (None, Some(most)) => format!(", {most} at most"),
            (None, None) => String::new(),
        };
        let entries = bounds.fewest.map(|fewest| format!(", {fewest} at least")).unwrap_or_default();
        let default = bounds.default.map(|default| format!("; absent: {default}")).unwrap_or_default();
        format!("{}{range}{entries}{default}", self.words(kind))
    }

    /// `name`, linked.
    pub(super) fn link(self, name: &str) -> String {
        let page = self.places.get(name).map_or(TYPES, String::as_str);
        format!("[{name}]({page}.md#{})", name.to_lowercase())
    }

    /// A table of `fields`.
    pub(super) fn fields(self, fields: &[Field]) -> String {
        let rows = fields.iter().map(|field| {
            [
                format!("`{}`", field.name),
                self.words_within(&field.kind, &field.bounds),
                yes_or_no(field.required),
                field.description.clone(),
                field.provenance.to_string(),
            ]
        });
        table(["field", "type", "always there", "meaning", "provenance"], rows)
    }

    /// The sections of the schemas that stand on `page`, in the order of the contract.
    pub(super) fn sections(self, contract: &Contract, page: &str) -> Vec<String> {
        let here =
            |schema: &&Schema| self.places.get(schema.name.as_str()).is_some_and(|place| place == page);
        contract.schemas.iter().filter(here).flat_map(|schema| self.section(schema)).collect()
    }

    fn section(self, schema: &Schema) -> Vec<String> {
        let mut blocks = vec![
            format!("## {}", schema.name),
            format!("{} Provenance: {}.", schema.description, schema.provenance),
        ];
        match &schema.kind {
            SchemaKind::HandWritten => {}
            SchemaKind::Object { fields, open } => {
                blocks.push(self.fields(fields));
                blocks
                    .extend(open.then(|| "Fields that are not listed here are kept as they are.".to_owned()));
            }
            SchemaKind::Form { parts } => blocks.push(self.fields(parts)),
            SchemaKind::TolerantEnum { variants } => {
                let rows = variants.iter().map(|(value, meaning)| [format!("`{value}`"), meaning.clone()]);
                blocks.push(table(["value", "meaning"], rows));
                blocks.push("Any other value is kept as it was received.".to_owned());
            }
        }
        blocks
    }
}
