//! From the document to the contract: references followed, operations that share a path taken apart.

use anyhow::{Context, Result};
use serde_json::value::RawValue;

use super::document::{Document, Media, RawOperation, RawResponse, Variant};
use super::ordered::Ordered;
use super::raw_schema::RawSchema;
use super::{
    Body, Contract, Example, FormPart, Operation, Parameter, PlatformAttribute, Response, escape, schema_name,
};

pub(super) fn contract(document: Document, platform_attributes: Vec<PlatformAttribute>) -> Result<Contract> {
    let mut operations = Vec::new();
    for (path, item) in document.paths.iter() {
        for (method, raw) in item.iter() {
            let pointer = format!("/paths/{}/{method}", escape(path));
            let endpoint = Endpoint { document: &document, pointer, path, method, raw };
            operations.extend(endpoint.operations()?);
        }
    }
    let schemas = document.components.schemas.iter();
    let schemas =
        schemas.map(|(name, schema)| schema.named(&format!("/components/schemas/{}", escape(name)), name));
    let schemas = schemas.collect::<Result<_>>()?;
    let any_request = document
        .any_request
        .iter()
        .map(|(status, raw)| document.response(format!("/x-any-request/{status}"), status, raw));
    let any_request = any_request.collect::<Result<_>>()?;
    let scheme = document.components.security_schemes.get("apiAccessToken");
    let scheme = scheme.context("/components/securitySchemes: lacks `apiAccessToken`")?;
    let [server] = document.servers;
    Ok(Contract {
        domain: server.variables.domain.default,
        authentication: scheme.description.clone(),
        authentication_provenance: scheme.provenance,
        headers: owned(&document.components.headers),
        operations,
        any_request,
        schemas,
        platform_attributes,
        info: document.info,
        tags: document.tags,
    })
}

/// A method of a path, which stands for one operation or, by content type, for several.
struct Endpoint<'a> {
    document: &'a Document,
    pointer: String,
    path: &'a str,
    method: &'a str,
    raw: &'a RawOperation,
}

impl Endpoint<'_> {
    fn operations(&self) -> Result<Vec<Operation>> {
        if self.raw.variants.is_empty() {
            return Ok(vec![self.operation(&self.only_variant()?)?]);
        }
        self.raw.variants.iter().map(|variant| self.operation(variant)).collect()
    }

    fn only_variant(&self) -> Result<Variant> {
        let Self { pointer, raw, .. } = self;
        let missing = |field: &str| format!("{pointer}: missing field `{field}`");
        let content = raw.request.as_ref().and_then(|request| request.content.iter().next());
        let success = raw.responses.iter().find(|(status, _)| status.starts_with('2'));
        Ok(Variant {
            id: raw.id.clone(),
            name: raw.name.clone().with_context(|| missing("x-name"))?,
            summary: raw.summary.clone(),
            content: content.map(|(content_type, _)| content_type.to_owned()),
            success: success.with_context(|| missing("responses/2xx"))?.0.to_owned(),
            provenance: raw.provenance,
            scope: raw.scope.clone().with_context(|| missing("x-scope"))?,
            idempotent: raw.idempotent.with_context(|| missing("x-idempotent"))?,
        })
    }

    fn operation(&self, variant: &Variant) -> Result<Operation> {
        let failures = self.raw.responses.iter().filter(|(status, _)| !status.starts_with('2'));
        Ok(Operation {
            id: variant.id.clone(),
            name: variant.name.clone(),
            tag: self.raw.tags[0].clone(),
            method: self.method.to_ascii_uppercase(),
            path: self.path.to_owned(),
            summary: variant.summary.clone(),
            description: self.raw.description.clone(),
            provenance: variant.provenance,
            scope: variant.scope.clone(),
            idempotent: variant.idempotent,
            parameters: self.parameters()?,
            request: variant.content.as_deref().map(|content| self.request(content)).transpose()?,
            success: self.response(&variant.success)?,
            failures: failures.map(|(status, _)| self.response(status)).collect::<Result<_>>()?,
        })
    }

    fn parameters(&self) -> Result<Vec<Parameter>> {
        let parameters = self.raw.parameters.iter().enumerate().map(|(index, raw)| {
            Ok(Parameter {
                name: raw.name.clone(),
                location: raw.location.clone(),
                required: raw.required,
                provenance: raw.provenance,
                description: raw.description.clone(),
                kind: raw.schema.field_type(&format!("{}/parameters/{index}/schema", self.pointer))?,
                bounds: raw.schema.bounds(),
                example: raw.example.as_str().map_or_else(|| raw.example.to_string(), str::to_owned),
            })
        });
        parameters.collect()
    }

    fn request(&self, content_type: &str) -> Result<Body> {
        let pointer = format!("{}/requestBody/content", self.pointer);
        let media = self.raw.request.as_ref().and_then(|request| request.content.get(content_type));
        let media = media.with_context(|| format!("{pointer}: lacks `{content_type}`"))?;
        self.document.body(&pointer, content_type, media)
    }

    fn response(&self, status: &str) -> Result<Response> {
        let pointer = format!("{}/responses/{status}", self.pointer);
        let raw = self.raw.responses.get(status).with_context(|| format!("{pointer}: is not there"))?;
        self.document.response(pointer, status, raw)
    }
}

impl Document {
    /// The answer `raw` of `status`, which stands at `pointer`.
    fn response(&self, pointer: String, status: &str, raw: &RawResponse) -> Result<Response> {
        let (pointer, raw) = self.follow(pointer, raw)?;
        let status = status.parse().with_context(|| format!("{pointer}: `{status}` is no HTTP status"))?;
        let description = raw.description.clone();
        let content = raw.content.iter().next();
        Ok(Response {
            status,
            description: description.with_context(|| format!("{pointer}: missing field `description`"))?,
            provenance: raw.provenance.with_context(|| format!("{pointer}: missing field `x-provenance`"))?,
            body: content.map(|(kind, media)| self.body(&pointer, kind, media)).transpose()?,
            headers: owned(&raw.headers),
        })
    }

    fn follow<'a>(&'a self, pointer: String, raw: &'a RawResponse) -> Result<(String, &'a RawResponse)> {
        let Some(target) = &raw.target else { return Ok((pointer, raw)) };
        let shared = target.strip_prefix("#/components/responses/");
        let shared = shared.and_then(|name| self.components.responses.get(name));
        let shared = shared.with_context(|| format!("{pointer}/$ref: `{target}` is not in this file"))?;
        Ok((target.trim_start_matches('#').to_owned(), shared))
    }

    fn body(&self, pointer: &str, content_type: &str, media: &Media) -> Result<Body> {
        let pointer = format!("{pointer}/{}", escape(content_type));
        let schema = schema_name(&format!("{pointer}/schema"), &media.schema.target)?;
        let example = media.example.as_deref().map(|example| {
            let Some(parts) = self.components.schemas.get(&schema).and_then(RawSchema::form) else {
                return Ok(Example::Json(dedent(example)));
            };
            let values: Ordered<String> =
                serde_json::from_str(example.get()).with_context(|| format!("{pointer}/example"))?;
            let parts = values.iter().map(|(name, value)| FormPart {
                name: name.to_owned(),
                value: value.to_owned(),
                is_file: parts.get(name).is_some_and(RawSchema::is_file),
            });
            Ok::<_, anyhow::Error>(Example::Form(parts.collect()))
        });
        Ok(Body { content_type: content_type.to_owned(), schema, example: example.transpose()? })
    }
}

/// An example as it stands in the file, moved to the left margin.
fn dedent(example: &RawValue) -> String {
    let text = example.get();
    let last = text.lines().next_back().unwrap_or_default();
    let margin = &last[..last.len() - last.trim_start().len()];
    let lines = text.lines().map(|line| line.strip_prefix(margin).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

fn owned<T: Clone>(members: &Ordered<T>) -> Vec<(String, T)> {
    members.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
}
