//! What each operation sends, built without I/O; the operations add a method each, in a file each.

use fanpass_model::{Operation, operations};
use fanpass_transport::{Idempotent, OperationName, Request, RequestBody};
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::{BaseUrl, Boundary, Error, ErrorKind};

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
const JSON_OR_PROBLEM: HeaderValue = HeaderValue::from_static("application/json, application/problem+json");
/// What is encoded wherever it stands in a URI: all but the unreserved characters (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Builds the request of each operation: pure functions from typed arguments to a [`Request`], without a connection,
/// a token or a clock. [`Client`](crate::Client) sends what this builds.
#[derive(Debug, Clone)]
pub struct Requests {
    base: BaseUrl,
    user_agent: HeaderValue,
    boundary: fn() -> Boundary,
    // Prebuilt, because one run sends many of them.
    pub(crate) segments: Uri,
    pub(crate) import_status: Uri,
    pub(crate) update_user: Uri,
}

impl Requests {
    /// Requests to the FanPass at `base`.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if the URL cannot carry the operations' paths.
    pub fn new(base: BaseUrl) -> Result<Self, Error> {
        Ok(Self {
            segments: base.join(operations::CREATE_SEGMENT.path)?,
            import_status: base.join(operations::GET_SEGMENT_IMPORT_STATUS.path)?,
            update_user: base.join(operations::UPDATE_USER.path)?,
            base,
            user_agent: HeaderValue::from_static(concat!("fanpass/", env!("CARGO_PKG_VERSION"))),
            boundary: Boundary::random,
        })
    }

    /// The same with another `User-Agent` than `fanpass/VERSION`.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if `name` has characters that no header may carry.
    pub fn with_user_agent(mut self, name: &str) -> Result<Self, Error> {
        self.user_agent = HeaderValue::from_str(name).map_err(|_| {
            Error::unsent(
                ErrorKind::Configuration,
                "the user agent has characters that a header cannot carry",
            )
        })?;
        Ok(self)
    }

    /// The same with the boundaries of forms from `source`, for tests and recordings; they are random otherwise.
    #[must_use]
    pub fn with_boundaries(mut self, source: fn() -> Boundary) -> Self {
        self.boundary = source;
        self
    }

    /// Where the requests go.
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    pub(crate) fn boundary(&self) -> Boundary {
        (self.boundary)()
    }

    /// A request without a body.
    pub(crate) fn bare(&self, operation: &Operation, uri: Uri) -> Result<Request, Error> {
        let method = Method::from_bytes(operation.method.as_bytes()).map_err(|_| {
            Error::unsent(ErrorKind::Configuration, "the contract names a method that is none")
        })?;
        let mut request = self.unmarked(method, uri);
        request.extensions_mut().insert(OperationName(operation.id));
        if operation.idempotent {
            request.extensions_mut().insert(Idempotent);
        }
        Ok(request)
    }

    /// A request that says nothing of its operation.
    fn unmarked(&self, method: Method, uri: Uri) -> Request {
        let mut request = Request::new(RequestBody::empty());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        // Room for what the middleware adds: the token, the request id.
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(ACCEPT, JSON_OR_PROBLEM);
        headers.insert(USER_AGENT, self.user_agent.clone());
        *request.headers_mut() = headers;
        request
    }

    /// A request with a body.
    pub(crate) fn with_body(
        &self,
        operation: &Operation,
        uri: Uri,
        content_type: HeaderValue,
        body: RequestBody,
    ) -> Result<Request, Error> {
        Ok(filled(self.bare(operation, uri)?, content_type, body))
    }

    /// A `POST` with a JSON body for a pipeline of one operation, of which it says nothing.
    pub(crate) fn unmarked_json(&self, uri: Uri, content: &impl Serialize) -> Result<Request, Error> {
        Ok(filled(self.unmarked(Method::POST, uri), JSON, to_json(content)?.into()))
    }

    /// A request with a JSON body that is held in memory.
    pub(crate) fn json(
        &self,
        operation: &Operation,
        uri: Uri,
        content: &impl Serialize,
    ) -> Result<Request, Error> {
        self.with_body(operation, uri, JSON, to_json(content)?.into())
    }

    /// The URI of an operation with its parameters: in the path where it names them, else in the query.
    pub(crate) fn uri(&self, operation: &Operation, parameters: &[(&str, &str)]) -> Result<Uri, Error> {
        let mut path = operation.path.to_owned();
        let mut separator = '?';
        for (name, value) in parameters {
            let value = utf8_percent_encode(value, RESERVED).to_string();
            let place = format!("{{{name}}}");
            if path.contains(&place) {
                path = path.replace(&place, &value);
            } else {
                path.extend([&separator.to_string(), *name, "=", &value]);
                separator = '&';
            }
        }
        self.base.join(&path)
    }
}

/// The request with a body in it.
fn filled(mut request: Request, content_type: HeaderValue, body: RequestBody) -> Request {
    request.headers_mut().insert(CONTENT_TYPE, content_type);
    *request.body_mut() = body;
    request
}

pub(crate) fn to_json(content: &impl Serialize) -> Result<Vec<u8>, Error> {
    // Room for most updates of a user.
    let mut json = Vec::with_capacity(256);
    serde_json::to_writer(&mut json, content)
        .map(|()| json)
        .map_err(|error| Error::unsent(ErrorKind::InvalidRequest, format!("it makes no JSON: {error}")))
}
