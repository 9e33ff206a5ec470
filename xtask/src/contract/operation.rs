//! An operation of the contract: what is sent and what is answered.

use serde::Deserialize;

use super::{Bounds, FieldType, Provenance};

/// An operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its `operationId`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The tag it belongs to.
    pub tag: String,
    /// The HTTP method, in capitals.
    pub method: String,
    /// The path, its parameters in braces.
    pub path: String,
    /// What it does, in one line.
    pub summary: String,
    /// What it does, in more words.
    pub description: Option<String>,
    /// Where it comes from.
    pub provenance: Provenance,
    /// The token scope that it needs.
    pub scope: String,
    /// Whether repeating it changes nothing more.
    pub idempotent: bool,
    /// Its query, path and header parameters.
    pub parameters: Vec<Parameter>,
    /// What it sends.
    pub request: Option<Body>,
    /// What it answers when all went well.
    pub success: Response,
    /// What it answers otherwise, by status.
    pub failures: Vec<Response>,
}

impl Operation {
    /// The parameters that stand in the query.
    pub fn query(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|parameter| parameter.location == "query")
    }

    /// Whether it takes an idempotency key.
    pub fn takes_key(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.name == "Idempotency-Key")
    }
}

/// A body that an operation sends or answers with.
#[derive(Debug, Clone)]
pub struct Body {
    /// Its media type.
    pub content_type: String,
    /// The name of its schema.
    pub schema: String,
    /// An example of it.
    pub example: Option<Example>,
}

/// An example of a body.
#[derive(Debug, Clone)]
pub enum Example {
    /// A JSON value, indented.
    Json(String),
    /// The parts of a form; that of a file is the file's name.
    Form(Vec<FormPart>),
}

/// A part of an example form.
#[derive(Debug, Clone)]
pub struct FormPart {
    /// Its name.
    pub name: String,
    /// Its text, or the name of the file.
    pub value: String,
    /// Whether it is a file.
    pub is_file: bool,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// When it is given.
    pub description: String,
    /// Where it comes from.
    pub provenance: Provenance,
    /// What it carries.
    pub body: Option<Body>,
    /// Headers that it carries beside those of every answer.
    pub headers: Vec<(String, Header)>,
}

/// A query, path or header parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// `query`, `path` or `header`.
    pub location: String,
    /// Whether it must be there.
    pub required: bool,
    /// Where it comes from.
    pub provenance: Provenance,
    /// What it means.
    pub description: String,
    /// What it holds.
    pub kind: FieldType,
    /// Which of that.
    pub bounds: Bounds,
    /// A value of it, as text.
    pub example: String,
}

/// A response header.
#[derive(Debug, Clone, Deserialize)]
pub struct Header {
    /// Where it comes from.
    #[serde(rename = "x-provenance")]
    pub provenance: Provenance,
    /// What it means.
    pub description: String,
}
