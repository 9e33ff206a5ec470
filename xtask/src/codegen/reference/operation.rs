//! Reference sections of operations.

use super::schema::Types;
use super::{FAILURES, meaning, table, yes_or_no};
use crate::contract::{Body, Contract, Example, FormPart, Operation, Response};

/// The boundary in the example of a form.
const BOUNDARY: &str = "fanpass";

/// The anchor of an operation's section, as mdBook makes it from the heading.
pub(super) fn anchor(operation: &Operation) -> String {
    let kept = operation.name.chars().filter(|character| character.is_alphanumeric() || *character == ' ');
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// Everything about one operation.
pub(super) fn section(contract: &Contract, types: Types<'_>, operation: &Operation) -> Vec<String> {
    let Operation { name, method, path, summary, provenance, scope, idempotent, .. } = operation;
    let content_type = operation.request.as_ref().map(|body| format!(" with `{}`", body.content_type));
    let mut blocks = vec![
        format!("## {name}"),
        format!("`{method} {path}`{}", content_type.unwrap_or_default()),
        format!("{summary}."),
    ];
    blocks.extend(operation.description.clone());
    blocks.push(table(
        ["provenance", "scope of the token", "idempotent", "id"],
        [[
            provenance.to_string(),
            format!("`{scope}`"),
            yes_or_no(*idempotent),
            format!("`{}`", operation.id),
        ]],
    ));
    blocks.extend(parameters(types, operation));
    if let Some(body) = &operation.request {
        blocks.push(format!("Body: {}.", types.link(&body.schema)));
    }
    blocks.push(format!("```http\n{}\n```", request_example(contract, operation)));
    blocks.extend(answers(types, operation));
    blocks
}

fn parameters(types: Types<'_>, operation: &Operation) -> Option<String> {
    let rows = operation.parameters.iter().map(|parameter| {
        [
            format!("`{}`", parameter.name),
            parameter.location.clone(),
            types.words_within(&parameter.kind, &parameter.bounds),
            yes_or_no(parameter.required),
            parameter.description.clone(),
            parameter.provenance.to_string(),
        ]
    });
    let head = ["parameter", "in", "type", "required", "meaning", "provenance"];
    (!operation.parameters.is_empty()).then(|| table(head, rows))
}

fn answers(types: Types<'_>, operation: &Operation) -> Vec<String> {
    let Response { status, provenance, body, .. } = &operation.success;
    let meaning = meaning(&operation.success);
    let carries = body.as_ref().map(|body| format!(" Body: {}.", types.link(&body.schema)));
    let carries = carries.unwrap_or_default();
    let mut blocks = vec![format!("**`{status}`**: {meaning}{carries} Provenance: {provenance}.")];
    if let Some(Example::Json(example)) = body.as_ref().and_then(|body| body.example.as_ref()) {
        blocks.push(format!("```json\n{example}\n```"));
    }
    let failures: Vec<String> =
        operation.failures.iter().map(|response| format!("`{}`", response.status)).collect();
    blocks.push(format!("Fails with {}: see [problems]({FAILURES}.md).", failures.join(", ")));
    blocks
}

fn request_example(contract: &Contract, operation: &Operation) -> String {
    let mut path = operation.path.clone();
    for parameter in operation.parameters.iter().filter(|parameter| parameter.location == "path") {
        path = path.replace(&format!("{{{}}}", parameter.name), &parameter.example);
    }
    let query = operation.query().map(|parameter| format!("{}={}", parameter.name, parameter.example));
    let query: Vec<_> = query.collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let mut lines = vec![
        format!("{} {path}{query} HTTP/1.1", operation.method),
        format!("Host: {}", contract.domain),
        "Authorization: Bearer <JWT>".to_owned(),
    ];
    lines.extend(operation.request.iter().flat_map(body_example));
    lines.join("\n")
}

fn body_example(body: &Body) -> Vec<String> {
    let content_type = format!("Content-Type: {}", body.content_type);
    match &body.example {
        None => vec![content_type],
        Some(Example::Json(example)) => vec![content_type, String::new(), example.clone()],
        Some(Example::Form(parts)) => {
            let mut lines = vec![format!("{content_type}; boundary={BOUNDARY}"), String::new()];
            for FormPart { name, value, is_file } in parts {
                let (file, content) = if *is_file {
                    (format!(r#"; filename="{value}""#), format!("(the bytes of {value})"))
                } else {
                    (String::new(), value.clone())
                };
                lines.push(format!("--{BOUNDARY}"));
                lines.push(format!(r#"Content-Disposition: form-data; name="{name}"{file}"#));
                lines.extend([String::new(), content]);
            }
            lines.push(format!("--{BOUNDARY}--"));
            lines
        }
    }
}
