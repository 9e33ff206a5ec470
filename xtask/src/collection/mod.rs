//! A vendor's Postman collection (v2.0 or v2.1), read into what can be compared with the contract.

mod format;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use format::{RawAuth, RawCollection, RawItem, RawRequest};

/// A collection: its requests in order, folders flattened.
#[derive(Debug)]
pub struct Collection {
    /// Its requests.
    pub requests: Vec<Request>,
    /// The names of its variables.
    pub variables: Vec<String>,
    /// Variables that look like a secret and hold a value. The values are not kept.
    pub exposed: Vec<String>,
}

/// A request of a collection.
#[derive(Debug)]
pub struct Request {
    /// Its name.
    pub name: String,
    /// The HTTP method, in capitals.
    pub method: String,
    /// The path behind the host, parameters in braces, without its query.
    pub path: String,
    /// What it sends.
    pub body: Body,
    /// How it says who calls: a type of Postman's, such as `bearer`; its own, its folder's or the collection's.
    pub auth: Option<Auth>,
    /// The answers that are saved with it: status and, where it is JSON, the body.
    pub answers: Vec<(u16, Option<Value>)>,
}

/// What a request sends. The values of a form are left out.
#[derive(Debug, PartialEq)]
pub enum Body {
    /// Nothing.
    Absent,
    /// A JSON value.
    Json(Value),
    /// A multipart form, as an object of its parts.
    Form(Value),
    /// Something that is neither; the text says what.
    Unreadable(String),
}

/// How a request says who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// Postman's name of the scheme.
    pub scheme: String,
    /// The variable that holds the secret, if one does.
    pub variable: Option<String>,
}

impl Collection {
    /// Reads an exported collection.
    ///
    /// # Errors
    ///
    /// Text that is no JSON, or no collection of v2.0 or v2.1.
    pub fn parse(text: &str) -> Result<Self> {
        let raw: RawCollection = serde_json::from_str(text).context("this is no Postman collection")?;
        let schema = &raw.info.schema;
        let known = ["/v2.0.0/", "/v2.1.0/"].iter().any(|version| schema.contains(version));
        ensure!(known, "`{schema}` is neither v2.0 nor v2.1: export the collection from Postman as v2.1");
        let mut requests = Vec::new();
        collect(&raw.item, raw.auth.as_ref(), &mut requests);
        let secret = |name: &str| name.contains("token") || name.contains("secret") || name.contains("key");
        let filled = raw.variable.iter().filter(|variable| secret(variable.name()) && variable.is_filled());
        Ok(Self {
            requests,
            exposed: filled.map(|variable| variable.name().to_owned()).collect(),
            variables: raw.variable.iter().map(|variable| variable.name().to_owned()).collect(),
        })
    }
}

impl Request {
    /// The media type of what it sends, where that is known.
    pub fn content_type(&self) -> Option<&'static str> {
        match self.body {
            Body::Json(_) => Some("application/json"),
            Body::Form(_) => Some("multipart/form-data"),
            Body::Absent | Body::Unreadable(_) => None,
        }
    }
}

fn collect(items: &[RawItem], inherited: Option<&RawAuth>, requests: &mut Vec<Request>) {
    for item in items {
        let auth = item.auth.as_ref().or(inherited);
        if let Some(raw) = &item.request {
            requests.push(request(item, raw, auth));
        }
        collect(&item.item, auth, requests);
    }
}

fn request(item: &RawItem, raw: &RawRequest, inherited: Option<&RawAuth>) -> Request {
    let answers = item.response.iter().filter_map(|answer| {
        let body = answer.body.as_deref().and_then(|text| serde_json::from_str(text).ok());
        Some((answer.code?, body))
    });
    Request {
        name: item.name.clone(),
        method: raw.method(),
        path: raw.path(),
        body: raw.body(),
        auth: raw.auth().or(inherited).and_then(RawAuth::read).or_else(|| raw.authorization_header()),
        answers: answers.collect(),
    }
}
