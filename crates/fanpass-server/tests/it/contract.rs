//! Holds every answer of every test against the contract: as much of JSON Schema as the contract uses.

use std::sync::LazyLock;

use serde_json::Value;

use crate::harness::Answer;

static CONTRACT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(fanpass_model::CONTRACT_JSON).unwrap());

/// Headers that any answer of HTTP may have.
const OF_HTTP: [&str; 6] =
    ["content-type", "content-length", "date", "connection", "cache-control", "transfer-encoding"];

/// Panics if the answer is not one that the contract announces for the operation.
pub fn check(method: &str, target: &str, answer: &Answer) {
    let path = target.split('?').next().unwrap();
    let Some(operation) = operation(method, path) else {
        assert!(answer.status == 404 || answer.status == 405 || !path.starts_with("/api"), "{answer}");
        return;
    };
    let status = answer.status.to_string();
    let announced =
        operation["responses"].get(&status).or(CONTRACT["x-any-request"].get(&status)).map(resolve);
    let content_type = answer.header("content-type").expect("every answer of an operation has a body");
    if answer.status >= 400 {
        assert_eq!(content_type, "application/problem+json");
        let problem = answer.json();
        matches(&problem, &CONTRACT["components"]["schemas"]["Problem"], "problem");
        assert_eq!(problem["status"], answer.status);
        assert_eq!(problem["requestId"].as_str(), answer.header("x-request-id"));
        // A fault on demand may have any status.
        let injected = problem["type"].as_str().is_some_and(|kind| kind.ends_with("/injected"));
        assert!(announced.is_some() || injected, "{method} {path} does not announce {status}: {answer}");
        for name in ["type", "title", "detail"] {
            assert!(problem[name].is_string(), "a problem without {name}: {answer}");
        }
    } else {
        let schema = &announced.expect("an announced status")["content"][content_type]["schema"];
        assert!(!schema.is_null(), "{content_type} is not announced");
        matches(&answer.json(), schema, "body");
    }
    let own = announced.and_then(|response| response["headers"].as_object());
    let headers: Vec<_> =
        CONTRACT["components"]["headers"].as_object().into_iter().chain(own).flatten().collect();
    for (name, header) in &headers {
        let there = answer.header(&name.to_lowercase()).is_some();
        assert!(there || header["required"] != true, "the answer lacks {name}: {answer}");
    }
    for name in answer.header_names().filter(|name| !OF_HTTP.contains(name)) {
        let announced = headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        assert!(announced, "{method} {path} does not announce {name}: {answer}");
    }
}

fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let paths = CONTRACT["paths"].as_object().unwrap();
    let matching = paths.iter().find(|(template, _)| {
        template.split('/').count() == path.split('/').count()
            && template
                .split('/')
                .zip(path.split('/'))
                .all(|(wanted, found)| wanted == found || wanted.starts_with('{'))
    });
    matching?.1.get(method.to_lowercase())
}

fn resolve(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => CONTRACT.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

fn matches(value: &Value, schema: &'static Value, place: &str) {
    // What a reference says beside itself holds too.
    let fewest =
        [schema, resolve(schema)].into_iter().filter_map(|schema| schema["minProperties"].as_u64()).max();
    let schema = resolve(schema);
    let kinds = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    assert!(
        kinds.is_empty() || kinds.iter().any(|kind| is_of(value, kind)),
        "{place}: {value} is not {kinds:?}"
    );
    if let Some(known) = schema["enum"].as_array() {
        assert!(known.contains(value), "{place}: {value} is none of {known:?}");
    }
    if let Some(text) = value.as_str() {
        let shortest = schema["minLength"].as_u64().unwrap_or(0);
        assert!(text.chars().count() as u64 >= shortest, "{place} is too short");
        if schema["format"] == "date-time" {
            assert!(text.parse::<jiff::Timestamp>().is_ok(), "{place}: {text} is no time");
        }
    }
    for entry in value.as_array().into_iter().flatten().filter(|_| schema.get("items").is_some()) {
        matches(entry, &schema["items"], place);
    }
    let Some(members) = value.as_object() else { return };
    assert!(members.len() as u64 >= fewest.unwrap_or(0), "{place} has too few members");
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(members.contains_key(required.as_str().unwrap()), "{place} lacks {required}");
    }
    for (name, member) in members {
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(schema), _) | (None, Some(schema)) => matches(member, schema, &format!("{place}.{name}")),
            // What the service answers stands in the contract, even where clients tolerate more.
            (None, None) => panic!("{place}.{name} is not in the contract"),
        }
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => value.is_null(),
    }
}
