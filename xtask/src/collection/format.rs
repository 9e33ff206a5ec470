//! Postman's collection format as it is written, v2.0 and v2.1 side by side.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Auth, Body};

#[derive(Debug, Deserialize)]
pub(super) struct RawCollection {
    pub(super) info: RawInfo,
    #[serde(default)]
    pub(super) item: Vec<RawItem>,
    pub(super) auth: Option<RawAuth>,
    #[serde(default)]
    pub(super) variable: Vec<RawVariable>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawInfo {
    pub(super) schema: String,
}

/// A request or a folder of items.
#[derive(Debug, Deserialize)]
pub(super) struct RawItem {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) item: Vec<RawItem>,
    pub(super) request: Option<RawRequest>,
    #[serde(default)]
    pub(super) response: Vec<RawAnswer>,
    pub(super) auth: Option<RawAuth>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawAnswer {
    pub(super) code: Option<u16>,
    pub(super) body: Option<String>,
}

/// A variable; older exports name it by `id`.
#[derive(Debug, Deserialize)]
pub(super) struct RawVariable {
    key: Option<String>,
    id: Option<String>,
    value: Option<Value>,
}

impl RawVariable {
    pub(super) fn name(&self) -> &str {
        self.key.as_deref().or(self.id.as_deref()).unwrap_or_default()
    }

    pub(super) fn is_filled(&self) -> bool {
        self.value.as_ref().is_some_and(|value| !value.is_null() && value != "")
    }
}

/// A request; its URL alone stands for a GET.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum RawRequest {
    Url(String),
    Full(Box<FullRequest>),
}

#[derive(Debug, Deserialize)]
pub(super) struct FullRequest {
    method: Option<String>,
    url: Option<RawUrl>,
    auth: Option<RawAuth>,
    body: Option<RawBody>,
    /// A list, or in older exports one text.
    header: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum RawUrl {
    Text(String),
    Parts { raw: Option<String>, path: Option<RawPath> },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum RawPath {
    Text(String),
    Parts(Vec<String>),
}

#[derive(Debug, Deserialize)]
struct RawBody {
    mode: Option<String>,
    raw: Option<String>,
    #[serde(default)]
    formdata: Vec<RawVariable>,
}

/// `{"type": "bearer", "bearer": …}`, where the parameters are an object (v2.0) or a list (v2.1).
#[derive(Debug, Deserialize)]
pub(super) struct RawAuth {
    #[serde(rename = "type")]
    scheme: String,
    #[serde(flatten)]
    parameters: Map<String, Value>,
}

impl RawRequest {
    fn full(&self) -> Option<&FullRequest> {
        match self {
            Self::Url(_) => None,
            Self::Full(full) => Some(full),
        }
    }

    pub(super) fn method(&self) -> String {
        let method = self.full().and_then(|full| full.method.as_deref());
        method.unwrap_or("GET").to_ascii_uppercase()
    }

    pub(super) fn path(&self) -> String {
        let url = match self {
            Self::Url(text) => return path_of(text),
            Self::Full(full) => full.url.as_ref(),
        };
        match url {
            Some(RawUrl::Text(text) | RawUrl::Parts { raw: Some(text), .. }) => path_of(text),
            Some(RawUrl::Parts { path: Some(RawPath::Text(text)), .. }) => parameters_in_braces(text),
            Some(RawUrl::Parts { path: Some(RawPath::Parts(parts)), .. }) => {
                parameters_in_braces(&parts.join("/"))
            }
            Some(RawUrl::Parts { path: None, .. }) | None => String::new(),
        }
    }

    pub(super) fn body(&self) -> Body {
        let Some(body) = self.full().and_then(|full| full.body.as_ref()) else { return Body::Absent };
        match (body.mode.as_deref(), body.raw.as_deref()) {
            (None, _) | (Some("raw"), None | Some("")) => Body::Absent,
            (Some("formdata"), _) => {
                let parts = body.formdata.iter().map(|part| (part.name().to_owned(), Value::Null));
                Body::Form(Value::Object(parts.collect()))
            }
            (Some("raw"), Some(text)) => match serde_json::from_str(&without_variables(text)) {
                Ok(value) => Body::Json(value),
                Err(error) => Body::Unreadable(format!("its raw body is no JSON ({error})")),
            },
            (Some(mode), _) => Body::Unreadable(format!("its body is `{mode}`")),
        }
    }

    pub(super) fn auth(&self) -> Option<&RawAuth> {
        self.full()?.auth.as_ref()
    }

    /// A bearer token that is sent as a plain header.
    pub(super) fn authorization_header(&self) -> Option<Auth> {
        let headers = self.full()?.header.as_ref()?;
        let text = |header: &Value| {
            let key = header.get("key")?.as_str()?;
            key.eq_ignore_ascii_case("authorization")
                .then(|| header.get("value")?.as_str().map(str::to_owned))?
        };
        let value = match headers {
            Value::Array(headers) => headers.iter().find_map(text),
            Value::String(lines) => lines.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("authorization").then(|| value.trim().to_owned())
            }),
            _ => None,
        }?;
        let (scheme, credential) = value.split_once(' ').unwrap_or(("apikey", &value));
        Some(Auth { scheme: scheme.to_ascii_lowercase(), variable: variable_in(credential) })
    }
}

impl RawAuth {
    /// The scheme and its variable; `None` where there is no authentication.
    pub(super) fn read(&self) -> Option<Auth> {
        let variable = match self.parameters.get(&self.scheme) {
            Some(Value::Array(list)) => {
                list.iter().find_map(|item| variable_in(item.get("value")?.as_str()?))
            }
            Some(Value::Object(members)) => members.values().find_map(|value| variable_in(value.as_str()?)),
            _ => None,
        };
        (self.scheme != "noauth").then(|| Auth { scheme: self.scheme.clone(), variable })
    }
}

/// `name`, of a text that holds `{{name}}`.
fn variable_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("{{")?;
    Some(rest.split_once("}}")?.0.trim().to_owned())
}

/// The path of a URL whose host may be a variable and whose scheme may be left out.
fn path_of(url: &str) -> String {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    let url = url.split(['?', '#']).next().unwrap_or_default();
    parameters_in_braces(url.split_once('/').map_or("", |(_, path)| path))
}

/// `/keys/:id` and `/keys/{{id}}` as `/keys/{id}`.
fn parameters_in_braces(path: &str) -> String {
    let parts = path.split('/').filter(|part| !part.is_empty()).map(|part| match part.strip_prefix(':') {
        Some(name) => format!("/{{{name}}}"),
        None => format!("/{}", part.replace("{{", "{").replace("}}", "}")),
    });
    parts.collect()
}

/// A body in which each `{{variable}}` is `0`, which is JSON with quotes around it and without.
fn without_variables(text: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((_, after)) = after.split_once("}}") else { break };
        filled.push_str(before);
        filled.push('0');
        rest = after;
    }
    filled + rest
}
