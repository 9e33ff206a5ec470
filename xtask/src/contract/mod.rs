//! The contract, read into types that generators use: operations one by one, schemas by kind.

mod catalogue;
mod diff;
mod document;
mod operation;
mod ordered;
mod provenance;
mod raw_schema;
mod resolve;
mod schema;
mod statuses;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;

pub use catalogue::{CATALOGUE_PATH, PlatformAttribute};
pub use diff::{Difference, diff};
use document::Document;
pub use operation::{Body, Example, FormPart, Header, Operation, Parameter, Response};
pub use provenance::Provenance;
pub use schema::{Bounds, Field, FieldType, Schema, SchemaKind};

/// Where the contract stands, from the top of the workspace.
pub const PATH: &str = "crates/fanpass-model/contract/openapi.json";

/// The contract, checked and resolved.
#[derive(Debug)]
pub struct Contract {
    /// What it describes, and its version.
    pub info: Info,
    /// The host that examples use.
    pub domain: String,
    /// How a call says who makes it.
    pub authentication: String,
    /// Where [`Contract::authentication`] comes from.
    pub authentication_provenance: Provenance,
    /// Headers of every answer, by name.
    pub headers: Vec<(String, Header)>,
    /// Groups of operations, in document order.
    pub tags: Vec<Tag>,
    /// All operations, in document order; one entry each where several share a path.
    pub operations: Vec<Operation>,
    /// What is answered to requests that reach no operation, by status.
    pub any_request: Vec<Response>,
    /// All named schemas, in document order.
    pub schemas: Vec<Schema>,
    /// The platform catalogue, in its order.
    pub platform_attributes: Vec<PlatformAttribute>,
}

/// What the contract describes.
#[derive(Debug, Clone, Deserialize)]
pub struct Info {
    /// The API's name.
    pub title: String,
    /// The contract's version.
    pub version: String,
    /// The API in one line.
    pub summary: String,
    /// How to read the contract.
    pub description: String,
}

/// A group of operations.
#[derive(Debug, Clone, Deserialize)]
pub struct Tag {
    /// Its name, one word.
    pub name: String,
    /// What its operations are about.
    pub description: String,
}

impl Contract {
    /// Reads the contract of the workspace at `top`.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, and all that [`Contract::parse`] refuses.
    pub fn read(top: &Path) -> Result<Self> {
        let text = |path: &'static str| fs::read_to_string(top.join(path)).context(path);
        Self::parse(&text(PATH)?, &text(CATALOGUE_PATH)?).context(PATH)
    }

    /// Reads a contract: the API's document and the platform catalogue beside it.
    ///
    /// # Errors
    ///
    /// What is missing, unknown or wrong, with the JSON pointer (RFC 6901) of where it stands; above all an
    /// operation, field, parameter or header without `x-provenance`.
    pub fn parse(text: &str, catalogue: &str) -> Result<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let document: Document = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| anyhow!("{}: {}", pointer(error.path()), error.inner()))?;
        let version = &document.openapi;
        ensure!(version.starts_with("3.1."), "/openapi: `{version}` is not a version of OpenAPI 3.1");
        let contract = resolve::contract(document, catalogue::parse(catalogue)?)?;
        contract.check_names()?;
        statuses::check(&contract)?;
        Ok(contract)
    }

    /// The schema called `name`.
    pub fn schema(&self, name: &str) -> Option<&Schema> {
        self.schemas.iter().find(|schema| schema.name == name)
    }

    /// The operations of one tag, in document order.
    pub fn operations_of<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = &'a Operation> {
        self.operations.iter().filter(move |operation| operation.tag == tag)
    }

    /// The names of the schemas that requests hold.
    pub fn requested(&self) -> BTreeSet<&str> {
        let bodies = self.operations.iter().filter_map(|operation| operation.request.as_ref());
        self.reached(bodies.map(|body| body.schema.as_str()).collect())
    }

    /// The names of `roots` and of all schemas that they hold, through others too.
    pub fn reached<'a>(&'a self, mut roots: Vec<&'a str>) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        while let Some(schema) = roots.pop().and_then(|name| self.schema(name)) {
            if reached.insert(schema.name.as_str()) {
                roots.extend(schema.mentions());
            }
        }
        reached
    }

    /// Names that do not meet: two operations of one id, a tag or a schema that is not there.
    fn check_names(&self) -> Result<()> {
        let mut ids = BTreeSet::new();
        for operation in &self.operations {
            let Operation { id, tag, .. } = operation;
            ensure!(ids.insert(id), "/paths: two operations are called `{id}`");
            let known = self.tags.iter().any(|known| known.name == *tag);
            ensure!(known, "/tags: lacks `{tag}`, the tag of `{id}`");
            let bodies = operation.failures.iter().chain([&operation.success]);
            let bodies = bodies.filter_map(|response| response.body.as_ref()).chain(&operation.request);
            for body in bodies {
                self.schema(&body.schema).with_context(|| {
                    format!("/components/schemas: lacks `{}`, a body of `{id}`", body.schema)
                })?;
            }
        }
        for schema in &self.schemas {
            for name in schema.mentions() {
                self.schema(name).with_context(|| {
                    format!("/components/schemas: lacks `{name}`, which `{}` mentions", schema.name)
                })?;
            }
        }
        Ok(())
    }
}

/// The name of the schema that `target` refers to.
fn schema_name(pointer: &str, target: &str) -> Result<String> {
    let name = target.strip_prefix("#/components/schemas/");
    Ok(name.with_context(|| format!("{pointer}/$ref: `{target}` is no schema of this file"))?.to_owned())
}

/// `name` as a token of a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let token = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", escape(key)),
        Segment::Enum { variant } => format!("/{}", escape(variant)),
        Segment::Unknown => "/?".to_owned(),
    };
    path.iter().map(token).collect()
}
