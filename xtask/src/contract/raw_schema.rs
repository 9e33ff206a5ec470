//! The contract's schemas as they are written, and how they are read.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::ordered::Ordered;
use super::{Bounds, Field, FieldType, Provenance, Schema, SchemaKind};

/// A schema as it is written. Members that only validators read (lengths, patterns) are let through.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawSchema {
    #[serde(rename = "$ref")]
    target: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Value>,
    format: Option<String>,
    description: Option<String>,
    #[serde(rename = "x-provenance")]
    provenance: Option<Provenance>,
    #[serde(rename = "x-rust-type")]
    rust_type: Option<String>,
    #[serde(rename = "x-open", default)]
    open: bool,
    #[serde(rename = "x-form", default)]
    form: bool,
    #[serde(rename = "x-tolerant", default)]
    tolerant: bool,
    #[serde(rename = "x-enum-descriptions", default)]
    values: Ordered<String>,
    #[serde(rename = "enum", default)]
    value_names: Vec<String>,
    #[serde(default)]
    required: Vec<String>,
    #[serde(default)]
    properties: Ordered<RawSchema>,
    items: Option<Box<RawSchema>>,
    minimum: Option<u64>,
    maximum: Option<u64>,
    default: Option<u64>,
    min_items: Option<u64>,
}

impl RawSchema {
    /// The schema called `name`, which stands at `pointer`.
    pub(super) fn named(&self, pointer: &str, name: &str) -> Result<Schema> {
        let (provenance, description) = self.origin(pointer)?;
        let kind = if self.rust_type.is_some() {
            SchemaKind::HandWritten
        } else if self.tolerant {
            SchemaKind::TolerantEnum { variants: self.variants(pointer)? }
        } else if self.form {
            SchemaKind::Form { parts: self.fields(pointer)? }
        } else {
            let object = self.kind() == Some("object");
            ensure!(object, "{pointer}: neither an object, an `x-tolerant` enum, nor an `x-rust-type`");
            SchemaKind::Object { fields: self.fields(pointer)?, open: self.open }
        };
        Ok(Schema { name: name.to_owned(), provenance, description, kind })
    }

    /// Its parts, if it is a form.
    pub(super) fn form(&self) -> Option<&Ordered<RawSchema>> {
        self.form.then_some(&self.properties)
    }

    /// Whether it stands for the bytes of a file.
    pub(super) fn is_file(&self) -> bool {
        self.format.as_deref() == Some("binary")
    }

    /// Its type, where it has one and no list of them.
    fn kind(&self) -> Option<&str> {
        self.kind.as_ref().and_then(Value::as_str)
    }

    fn variants(&self, pointer: &str) -> Result<Vec<(String, String)>> {
        let known = self.value_names.iter().map(|value| {
            let text = self.values.get(value);
            let text = text.with_context(|| format!("{pointer}/x-enum-descriptions: lacks `{value}`"))?;
            Ok((value.clone(), text.clone()))
        });
        known.collect()
    }

    fn fields(&self, pointer: &str) -> Result<Vec<Field>> {
        for name in &self.required {
            let there = self.properties.get(name).is_some();
            ensure!(there, "{pointer}/required: `{name}` is no property");
        }
        let fields = self.properties.iter().map(|(name, schema)| {
            let pointer = format!("{pointer}/properties/{}", super::escape(name));
            let (provenance, description) = schema.origin(&pointer)?;
            let required = self.required.iter().any(|required| required == name);
            let kind = schema.field_type(&pointer)?;
            let bounds = schema.bounds();
            Ok(Field { name: name.to_owned(), provenance, description, required, kind, bounds })
        });
        fields.collect()
    }

    pub(super) fn bounds(&self) -> Bounds {
        // That a number is not negative, its type says.
        let least = self.minimum.filter(|least| *least > 0);
        Bounds { least, most: self.maximum, default: self.default, fewest: self.min_items }
    }

    fn origin(&self, pointer: &str) -> Result<(Provenance, String)> {
        let provenance =
            self.provenance.with_context(|| format!("{pointer}: missing field `x-provenance`"))?;
        let description = self.description.clone();
        Ok((provenance, description.with_context(|| format!("{pointer}: missing field `description`"))?))
    }

    /// What a field, parameter or header of this schema holds.
    pub(super) fn field_type(&self, pointer: &str) -> Result<FieldType> {
        if let Some(target) = &self.target {
            return Ok(FieldType::Named(super::schema_name(pointer, target)?));
        }
        let kind = self.kind().with_context(|| {
            format!("{pointer}/type: a field has one type; give others a schema with an `x-rust-type`")
        })?;
        let format = self.format.as_deref();
        match (kind, format, self.rust_type.as_deref()) {
            ("string", _, Some("SecretText")) => Ok(FieldType::Secret),
            ("string", None, None) => Ok(FieldType::Text),
            ("string", Some("date-time"), None) => Ok(FieldType::Timestamp),
            ("string", Some("binary"), None) => Ok(FieldType::File),
            ("boolean", None, None) => Ok(FieldType::Boolean),
            ("integer", Some("uint16"), None) => Ok(FieldType::Integer("u16")),
            ("integer", Some("uint32"), None) => Ok(FieldType::Integer("u32")),
            ("integer", Some("uint64"), None) => Ok(FieldType::Integer("u64")),
            ("array", None, None) => {
                let items =
                    self.items.as_ref().with_context(|| format!("{pointer}: missing field `items`"))?;
                Ok(FieldType::List(Box::new(items.field_type(&format!("{pointer}/items"))?)))
            }
            _ => bail!("{pointer}: no generator knows type `{kind}` with format {format:?}"),
        }
    }
}
