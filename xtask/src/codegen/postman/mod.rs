//! Generates a Postman collection (v2.1) with the two variables of the vendor's.

mod format;

use anyhow::Result;

use super::Files;
use crate::contract::{Contract, Example, Operation, Response, Tag};
use format::{
    Answer, Auth, Body, Collection, Folder, Header, Item, Language, Options, Part, Query, Request, Url,
    Variable,
};

const PATH: &str = "docs/fanpass.postman_collection.json";
const FORMAT: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

/// The collection: a folder per tag, a request per operation, and a token whose value is left empty.
pub(super) fn generate(contract: &Contract) -> Result<Files> {
    let info = &contract.info;
    let collection = Collection {
        info: Header {
            name: info.title.clone(),
            description: format!("{}. Unofficial.", info.summary),
            schema: FORMAT,
        },
        auth: Auth { kind: "bearer", bearer: [Variable::new("token", "{{api_access_token}}")] },
        item: contract.tags.iter().map(|tag| folder(contract, tag)).collect(),
        variable: [Variable::new("domain", &contract.domain), Variable::new("api_access_token", "")],
    };
    Ok(Files::from([(PATH.into(), serde_json::to_string_pretty(&collection)? + "\n")]))
}

fn folder(contract: &Contract, tag: &Tag) -> Folder {
    Folder {
        name: tag.name.clone(),
        description: tag.description.clone(),
        item: contract.operations_of(&tag.name).map(item).collect(),
    }
}

fn item(operation: &Operation) -> Item {
    let description = operation.description.as_ref().map(|text| format!("\n\n{text}")).unwrap_or_default();
    let example = operation.request.as_ref().and_then(|body| body.example.as_ref());
    let header = match example {
        Some(Example::Json(_)) => vec![Variable::new("Content-Type", "application/json")],
        // Postman writes the type of a form itself, with the boundary that it chose.
        Some(Example::Form(_)) | None => Vec::new(),
    };
    Item {
        name: operation.name.clone(),
        request: Request {
            method: operation.method.clone(),
            header,
            url: url(operation),
            description: format!("{}.{description}", operation.summary),
            body: example.map(body),
        },
        response: answer(&operation.success).into_iter().collect(),
    }
}

fn answer(success: &Response) -> Option<Answer> {
    let body = success.body.as_ref()?;
    let Some(Example::Json(example)) = &body.example else { return None };
    Some(Answer {
        name: success.description.clone(),
        code: success.status,
        header: [Variable::new("Content-Type", &body.content_type)],
        body: example.clone(),
    })
}

fn body(example: &Example) -> Body {
    match example {
        Example::Json(raw) => {
            Body::Raw { raw: raw.clone(), options: Options { raw: Language { language: "json" } } }
        }
        Example::Form(parts) => {
            let parts = parts.iter().map(|part| {
                let key = part.name.clone();
                if part.is_file {
                    Part::File { key, src: part.value.clone() }
                } else {
                    Part::Text { key, value: part.value.clone() }
                }
            });
            Body::Formdata { formdata: parts.collect() }
        }
    }
}

fn url(operation: &Operation) -> Url {
    // Postman writes a path parameter as `:name`.
    let path = operation.path.trim_start_matches('/').replace('{', ":").replace('}', "");
    let parameters = |location: &'static str| {
        operation.parameters.iter().filter(move |parameter| parameter.location == location)
    };
    let query: Vec<Query> = parameters("query")
        .map(|parameter| Query {
            key: parameter.name.clone(),
            value: parameter.example.clone(),
            description: parameter.description.clone(),
            disabled: !parameter.required,
        })
        .collect();
    let enabled = query.iter().filter(|parameter| !parameter.disabled);
    let enabled: Vec<String> =
        enabled.map(|parameter| format!("{}={}", parameter.key, parameter.value)).collect();
    let question = if enabled.is_empty() { String::new() } else { format!("?{}", enabled.join("&")) };
    Url {
        raw: format!("https://{{{{domain}}}}/{path}{question}"),
        protocol: "https",
        host: ["{{domain}}"],
        path: path.split('/').map(str::to_owned).collect(),
        query,
        variable: parameters("path").map(|found| Variable::new(&found.name, &found.example)).collect(),
    }
}
