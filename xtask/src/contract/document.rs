//! The contract file as it is written: the part of OpenAPI 3.1 that the contract uses.
//!
//! Where generators read, unknown members are errors, so that nothing is silently left out.

use serde::Deserialize;
use serde_json::value::{RawValue, Value};

use super::ordered::Ordered;
use super::raw_schema::RawSchema;
use super::{Header, Info, Provenance, Tag};

#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub(super) openapi: String,
    pub(super) info: Info,
    pub(super) servers: [Server; 1],
    pub(super) tags: Vec<Tag>,
    pub(super) paths: Ordered<Ordered<RawOperation>>,
    #[serde(rename = "x-any-request")]
    pub(super) any_request: Ordered<RawResponse>,
    pub(super) components: Components,
}

#[derive(Debug, Deserialize)]
pub(super) struct Server {
    pub(super) variables: ServerVariables,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerVariables {
    pub(super) domain: ServerVariable,
}

#[derive(Debug, Deserialize)]
pub(super) struct ServerVariable {
    pub(super) default: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Components {
    pub(super) security_schemes: Ordered<SecurityScheme>,
    pub(super) headers: Ordered<Header>,
    pub(super) responses: Ordered<RawResponse>,
    pub(super) schemas: Ordered<RawSchema>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SecurityScheme {
    #[serde(rename = "x-provenance")]
    pub(super) provenance: Provenance,
    pub(super) description: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOperation {
    #[serde(rename = "operationId")]
    pub(super) id: String,
    pub(super) tags: [String; 1],
    #[serde(rename = "x-name")]
    pub(super) name: Option<String>,
    pub(super) summary: String,
    #[serde(rename = "x-provenance")]
    pub(super) provenance: Provenance,
    #[serde(rename = "x-scope")]
    pub(super) scope: Option<String>,
    #[serde(rename = "x-idempotent")]
    pub(super) idempotent: Option<bool>,
    pub(super) description: Option<String>,
    #[serde(rename = "x-operations", default)]
    pub(super) variants: Vec<Variant>,
    #[serde(default)]
    pub(super) parameters: Vec<RawParameter>,
    #[serde(rename = "requestBody")]
    pub(super) request: Option<RequestBody>,
    pub(super) responses: Ordered<RawResponse>,
}

/// One of several operations that share a path and method, told apart by their content type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variant {
    #[serde(rename = "operationId")]
    pub(super) id: String,
    pub(super) name: String,
    pub(super) summary: String,
    pub(super) content: Option<String>,
    pub(super) success: String,
    #[serde(rename = "x-provenance")]
    pub(super) provenance: Provenance,
    #[serde(rename = "x-scope")]
    pub(super) scope: String,
    #[serde(rename = "x-idempotent")]
    pub(super) idempotent: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawParameter {
    pub(super) name: String,
    #[serde(rename = "in")]
    pub(super) location: String,
    pub(super) required: bool,
    #[serde(rename = "x-provenance")]
    pub(super) provenance: Provenance,
    pub(super) description: String,
    pub(super) schema: RawSchema,
    pub(super) example: Value,
}

#[derive(Debug, Deserialize)]
pub(super) struct RequestBody {
    pub(super) content: Ordered<Media>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Media {
    pub(super) schema: Reference,
    pub(super) example: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reference {
    #[serde(rename = "$ref")]
    pub(super) target: String,
}

/// A response, or a reference to one of the shared ones.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawResponse {
    #[serde(rename = "$ref")]
    pub(super) target: Option<String>,
    pub(super) description: Option<String>,
    #[serde(rename = "x-provenance")]
    pub(super) provenance: Option<Provenance>,
    #[serde(default)]
    pub(super) content: Ordered<Media>,
    #[serde(default)]
    pub(super) headers: Ordered<Header>,
}
