//! Requests and answers in a normal form that two runs of one test share: sorted, decoded, without secrets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fanpass_transport::{Request, Response, ResponseBody, TransportError};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{multipart, redact};

/// A request as it was sent, in normal form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapturedRequest {
    /// The method.
    pub method: String,
    /// Path and query, as they go over the wire.
    pub target: String,
    /// Name and value of each header, sorted by name, repeated ones in their order. The boundary of a multipart
    /// form is left out, as it differs from run to run.
    #[serde(with = "lines")]
    pub headers: Vec<(String, String)>,
    /// The body, decoded by its content type.
    pub body: CapturedBody,
    /// The length that was announced; not part of the normal form, as it counts the boundaries.
    #[serde(skip)]
    pub announced: Option<u64>,
}

/// An answer in normal form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapturedResponse {
    /// The status code.
    pub status: u16,
    /// As in a request.
    #[serde(with = "lines")]
    pub headers: Vec<(String, String)>,
    /// As in a request.
    pub body: CapturedBody,
}

/// A body, decoded by its content type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapturedBody {
    /// No bytes.
    Empty,
    /// JSON, without the members that are secrets by their name.
    Json(Value),
    /// The parts of a multipart form.
    Multipart(Vec<CapturedPart>),
    /// Any other UTF-8 text.
    Text(String),
    /// Anything else, in base64.
    Base64(String),
}

/// A part of a multipart form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapturedPart {
    /// Its headers, as in a request.
    #[serde(with = "lines")]
    pub headers: Vec<(String, String)>,
    /// Its content, decoded by its own content type.
    pub body: CapturedBody,
}

impl CapturedRequest {
    /// Reads a request to its end.
    ///
    /// # Errors
    /// What the request's body gives when it cannot be read.
    pub async fn read(request: Request) -> Result<Self, TransportError> {
        let (parts, body) = request.into_parts();
        let announced = body.content_length();
        let bytes = body.collect().await?.to_bytes();
        Ok(Self {
            method: parts.method.to_string(),
            target: parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            headers: headers(&parts.headers),
            body: CapturedBody::decode(&parts.headers, bytes),
            announced,
        })
    }

    /// The value of the first header of a name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl CapturedResponse {
    /// Takes the normal form of an answer whose body was read.
    pub(crate) fn of(parts: &http::response::Parts, body: Bytes) -> Self {
        Self {
            status: parts.status.as_u16(),
            headers: headers(&parts.headers),
            body: CapturedBody::decode(&parts.headers, body),
        }
    }

    /// The answer again.
    pub(crate) fn replay(&self) -> Response {
        let mut response = Response::new(ResponseBody::from(self.body.encode()));
        *response.status_mut() = StatusCode::from_u16(self.status).expect("a recorded status is one");
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name).expect("a recorded header name is one");
            response
                .headers_mut()
                .append(name, HeaderValue::try_from(value).expect("a recorded value is one"));
        }
        response
    }
}

impl CapturedBody {
    pub(crate) fn decode(headers: &HeaderMap, bytes: Bytes) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if let Some(boundary) = multipart::boundary(kind) {
            return Self::Multipart(multipart::parse(&bytes, boundary));
        }
        let media_type = kind.split(';').next().unwrap_or_default().trim();
        if media_type.ends_with("json")
            && let Ok(mut value) = serde_json::from_slice(&bytes)
        {
            redact::json(&mut value);
            return Self::Json(value);
        }
        match String::from_utf8(bytes.into()) {
            Ok(text) => Self::Text(text),
            Err(error) => Self::Base64(STANDARD.encode(error.into_bytes())),
        }
    }

    /// The bytes again. A multipart form has lost its boundary; no answer is one.
    fn encode(&self) -> Bytes {
        match self {
            Self::Empty => Bytes::new(),
            Self::Json(value) => value.to_string().into(),
            Self::Text(text) => text.clone().into(),
            Self::Base64(text) => STANDARD.decode(text).expect("a recorded body is base64").into(),
            Self::Multipart(_) => unreachable!("an answer is no multipart form"),
        }
    }
}

pub(crate) fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut list: Vec<_> = headers
        .iter()
        .map(|(name, value)| {
            let text = redact::header(name, value);
            let text = if name == CONTENT_TYPE { multipart::without_boundary(&text) } else { text };
            (name.to_string(), text)
        })
        .collect();
    list.sort_by(|(left, _), (right, _)| left.cmp(right));
    list
}

/// Headers in a file: a line of text for each, as they look in a request.
mod lines {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        headers: &[(String, String)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(headers.iter().map(|(name, value)| format!("{name}: {value}")))
    }

    pub(super) fn deserialize<'de, D>(deserializer: D) -> Result<Vec<(String, String)>, D::Error>
    where
        D: Deserializer<'de>,
    {
        let lines = Vec::<String>::deserialize(deserializer)?;
        let header = |line: String| {
            let (name, value) =
                line.split_once(": ").ok_or_else(|| D::Error::custom("a header has no colon"))?;
            Ok((name.to_owned(), value.to_owned()))
        };
        lines.into_iter().map(header).collect()
    }
}
