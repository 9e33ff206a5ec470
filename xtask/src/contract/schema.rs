//! The contract's schemas: what a named schema is, and what type a field has.

use super::Provenance;

/// A named schema of the contract.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Its name, which is the Rust type's as well.
    pub name: String,
    /// Where it comes from.
    pub provenance: Provenance,
    /// What it is, in a sentence or two.
    pub description: String,
    /// Its kind, which decides what is generated.
    pub kind: SchemaKind,
}

/// What a schema stands for, and so what is generated from it.
#[derive(Debug, Clone)]
pub enum SchemaKind {
    /// A type that `fanpass-model` writes by hand.
    HandWritten,
    /// A JSON object, as a struct.
    Object {
        /// Its members, in document order.
        fields: Vec<Field>,
        /// Whether unknown members are kept.
        open: bool,
    },
    /// The parts of a multipart form, as constants.
    Form {
        /// Its parts, in document order.
        parts: Vec<Field>,
    },
    /// A text enumeration that keeps values it does not know.
    TolerantEnum {
        /// The known values and what they mean, in document order.
        variants: Vec<(String, String)>,
    },
}

/// A member of an object, or a part of a form.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name on the wire.
    pub name: String,
    /// Where it comes from.
    pub provenance: Provenance,
    /// What it means.
    pub description: String,
    /// Whether it is always there.
    pub required: bool,
    /// What it holds.
    pub kind: FieldType,
    /// Which of that.
    pub bounds: Bounds,
}

/// What may stand in a place beyond its type.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    /// The least number.
    pub least: Option<u64>,
    /// The largest number.
    pub most: Option<u64>,
    /// What its absence means.
    pub default: Option<u64>,
    /// The fewest entries of a list.
    pub fewest: Option<u64>,
}

impl Bounds {
    /// Whether it is a list that has an entry at least.
    pub fn not_empty(&self) -> bool {
        self.fewest.is_some_and(|fewest| fewest > 0)
    }
}

/// What a field, a parameter or a header holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// Text.
    Text,
    /// A moment, as RFC 3339 writes it.
    Timestamp,
    /// Text that must never be shown.
    Secret,
    /// The bytes of a file.
    File,
    /// `true` or `false`.
    Boolean,
    /// A whole number; the name is Rust's (`u16`, `u32`, `u64`).
    Integer(&'static str),
    /// A named schema.
    Named(String),
    /// A list.
    List(Box<FieldType>),
}

impl Schema {
    /// Its members or parts; none where it has none.
    pub fn fields(&self) -> &[Field] {
        match &self.kind {
            SchemaKind::Object { fields, .. } | SchemaKind::Form { parts: fields } => fields,
            SchemaKind::HandWritten | SchemaKind::TolerantEnum { .. } => &[],
        }
    }

    /// The names of the schemas that its members hold.
    pub fn mentions(&self) -> impl Iterator<Item = &str> {
        self.fields().iter().filter_map(|field| field.kind.named())
    }
}

impl FieldType {
    /// The name of the schema that it holds, once or as a list.
    pub fn named(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::List(items) => items.named(),
            _ => None,
        }
    }
}
