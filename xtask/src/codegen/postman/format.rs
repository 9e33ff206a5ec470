//! The part of Postman's collection format v2.1 that the generator writes, member for member.

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Collection {
    pub(super) info: Header,
    pub(super) auth: Auth,
    pub(super) item: Vec<Folder>,
    pub(super) variable: [Variable; 2],
}

#[derive(Serialize)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) schema: &'static str,
}

#[derive(Serialize)]
pub(super) struct Auth {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) bearer: [Variable; 1],
}

#[derive(Serialize)]
pub(super) struct Variable {
    pub(super) key: String,
    pub(super) value: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

impl Variable {
    pub(super) fn new(key: &str, value: &str) -> Self {
        Self { key: key.to_owned(), value: value.to_owned(), kind: "string" }
    }
}

#[derive(Serialize)]
pub(super) struct Folder {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) item: Vec<Item>,
}

#[derive(Serialize)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) request: Request,
    pub(super) response: Vec<Answer>,
}

#[derive(Serialize)]
pub(super) struct Answer {
    pub(super) name: String,
    pub(super) code: u16,
    pub(super) header: [Variable; 1],
    pub(super) body: String,
}

#[derive(Serialize)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) header: Vec<Variable>,
    pub(super) url: Url,
    pub(super) description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Body>,
}

#[derive(Serialize)]
pub(super) struct Url {
    pub(super) raw: String,
    pub(super) protocol: &'static str,
    pub(super) host: [&'static str; 1],
    pub(super) path: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) query: Vec<Query>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) variable: Vec<Variable>,
}

#[derive(Serialize)]
pub(super) struct Query {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) description: String,
    pub(super) disabled: bool,
}

#[derive(Serialize)]
#[serde(tag = "mode", rename_all = "lowercase")]
pub(super) enum Body {
    Raw { raw: String, options: Options },
    Formdata { formdata: Vec<Part> },
}

#[derive(Serialize)]
pub(super) struct Options {
    pub(super) raw: Language,
}

#[derive(Serialize)]
pub(super) struct Language {
    pub(super) language: &'static str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Part {
    Text { key: String, value: String },
    File { key: String, src: String },
}
