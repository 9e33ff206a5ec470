//! The contract against a vendor's collection: what each says that the other does not.

use std::fmt;

use serde_json::Value;

use super::{Contract, FieldType, Operation, Provenance, SchemaKind};
use crate::collection::{Body, Collection, Request};

/// The variables that the vendor's page names.
const VARIABLES: &[&str] = &["domain", "api_access_token"];

/// One thing on which contract and collection disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The operation, request or variable it is about.
    pub subject: String,
    /// What each side says.
    pub detail: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.subject, self.detail)
    }
}

/// All differences. What the contract marks as an extension may be missing from the collection.
pub fn diff(contract: &Contract, collection: &Collection) -> Vec<Difference> {
    let mut comparison = Comparison { contract, differences: Vec::new(), subject: String::new() };
    let mut left: Vec<&Request> = collection.requests.iter().collect();
    let mut unmatched = Vec::new();
    // Names are the surest sign, so they have the first choice; method, path and kind of body come second.
    for operation in &contract.operations {
        match take(&mut left, |request| plain(&request.name) == plain(&operation.name)) {
            Some(request) => comparison.compare(operation, request),
            None => unmatched.push(operation),
        }
    }
    for operation in unmatched {
        match take(&mut left, |request| same_endpoint(operation, request)) {
            Some(request) => comparison.compare(operation, request),
            None if operation.provenance == Provenance::Extension => {}
            None => comparison.about(&operation.name, "the collection has no such request"),
        }
    }
    for request in left {
        let Request { name, method, path, .. } = request;
        comparison.about(name, &format!("the contract has no such operation ({method} {path})"));
    }
    comparison.variables(collection);
    comparison.differences
}

fn take<'a>(left: &mut Vec<&'a Request>, wanted: impl Fn(&Request) -> bool) -> Option<&'a Request> {
    let index = left.iter().position(|request| wanted(request))?;
    Some(left.remove(index))
}

/// A name without case, spaces and signs.
fn plain(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).collect::<String>().to_lowercase()
}

fn same_endpoint(operation: &Operation, request: &Request) -> bool {
    let content_type = operation.request.as_ref().map(|body| body.content_type.as_str());
    operation.method == request.method
        && operation.path == request.path
        && content_type == request.content_type()
}

struct Comparison<'a> {
    contract: &'a Contract,
    differences: Vec<Difference>,
    /// The operation that is being compared.
    subject: String,
}

impl Comparison<'_> {
    fn about(&mut self, subject: &str, detail: &str) {
        self.differences.push(Difference { subject: subject.to_owned(), detail: detail.to_owned() });
    }

    fn note(&mut self, detail: String) {
        self.differences.push(Difference { subject: self.subject.clone(), detail });
    }

    fn unequal(&mut self, what: &str, ours: &str, theirs: &str) {
        if ours != theirs {
            self.note(format!("{what}: `{ours}` in the contract, `{theirs}` in the collection"));
        }
    }

    fn compare(&mut self, operation: &Operation, request: &Request) {
        self.subject.clone_from(&operation.name);
        if plain(&operation.name) != plain(&request.name) {
            self.unequal("name", &operation.name, &request.name);
        }
        self.unequal("method", &operation.method, &request.method);
        self.unequal("path", &operation.path, &request.path);
        let auth = request.auth.as_ref();
        self.unequal("auth", "bearer", auth.map_or("none", |auth| auth.scheme.as_str()));
        if let Some(variable) = auth.and_then(|auth| auth.variable.as_deref()) {
            self.unequal("auth variable", "api_access_token", variable);
        }
        self.body(operation, request);
        self.answers(operation, request);
    }

    fn body(&mut self, operation: &Operation, request: &Request) {
        if let Body::Unreadable(why) = &request.body {
            return self.note(format!("body: cannot be compared, {why}"));
        }
        let expected = operation.request.as_ref();
        let content_type = expected.map_or("none", |body| &body.content_type);
        self.unequal("body type", content_type, request.content_type().unwrap_or("none"));
        if let (Some(expected), Body::Json(value) | Body::Form(value)) = (expected, &request.body) {
            self.members(&expected.schema, value, "body");
        }
    }

    fn answers(&mut self, operation: &Operation, request: &Request) {
        for (status, value) in request.answers.iter().filter(|(status, _)| (200..300).contains(status)) {
            self.unequal("success status", &operation.success.status.to_string(), &status.to_string());
            if let (Some(body), Some(value)) = (&operation.success.body, value) {
                self.members(&body.schema, value, "answer");
            }
        }
    }

    /// Compares the members of `value` with those of a schema, and theirs in turn.
    fn members(&mut self, schema: &str, value: &Value, place: &str) {
        let contract = self.contract;
        let Some(schema) = contract.schema(schema) else { return };
        if matches!(schema.kind, SchemaKind::HandWritten | SchemaKind::TolerantEnum { .. }) {
            return;
        }
        let Value::Object(members) = value else {
            return self.note(format!("{place}: no object in the collection"));
        };
        for name in members.keys().filter(|name| !schema.fields().iter().any(|field| field.name == **name)) {
            self.note(format!("{place}: `{name}` stands in the collection only"));
        }
        for field in schema.fields() {
            let provenance = field.provenance;
            match (members.get(&field.name), &field.kind) {
                (None, _) if field.required && provenance != Provenance::Extension => {
                    self.note(format!(
                        "{place}: `{}` ({provenance}) stands in the contract only",
                        field.name
                    ));
                }
                (Some(value), FieldType::Named(name)) => {
                    self.members(name, value, &format!("{place}.{}", field.name));
                }
                (Some(Value::Array(items)), FieldType::List(kind)) => {
                    if let (Some(name), Some(item)) = (kind.named(), items.first()) {
                        self.members(name, item, &format!("{place}.{}[]", field.name));
                    }
                }
                _ => {}
            }
        }
    }

    fn variables(&mut self, collection: &Collection) {
        for name in VARIABLES.iter().filter(|name| !collection.variables.iter().any(|found| found == *name)) {
            self.about(name, "the collection has no such variable");
        }
        for name in collection.variables.iter().filter(|name| !VARIABLES.contains(&name.as_str())) {
            self.about(name, "the collection has this variable, the vendor's page does not name it");
        }
        for name in &collection.exposed {
            self.about(
                name,
                "holds a value in the file: clear it, and revoke the token if the file was shared",
            );
        }
    }
}
