//! `multipart/form-data` (RFC 7578) as a streamed request body, independent of any HTTP library.

use std::fmt;
use std::fmt::Write as _;

use bytes::Bytes;
use fanpass_transport::RequestBody;
use http::HeaderValue;
use uuid::Uuid;

/// What separates the parts of a form; must not occur in any of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Boundary(Box<str>);

impl Boundary {
    /// A boundary of 122 random bits, which no content holds but by design.
    pub fn random() -> Self {
        Self(format!("fanpass-{}", Uuid::new_v4().simple()).into())
    }

    /// A stated boundary, for tests and recordings; `None` unless it is 1 to 70 letters, digits, `-` or `_`, which
    /// need no quotes in the content type (RFC 2046, section 5.1.1, allows a few characters more).
    pub fn new(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        ((1..=70).contains(&text.len()) && text.bytes().all(is_plain)).then(|| Self(text.into()))
    }
}

impl fmt::Debug for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Boundary({})", self.0)
    }
}

/// A form under construction: parts stand in the order in which they were added.
///
/// Contents are never copied or held: the finished body is a chain of what it was given, so it streams, has a length if
/// each content has one, and can be sent again if each content can.
#[derive(Debug)]
pub(crate) struct Form {
    boundary: Boundary,
    /// Headers, delimiters and texts since the last content.
    pending: String,
    body: Vec<RequestBody>,
}

impl Form {
    /// A form without parts.
    pub(crate) fn new(boundary: Boundary) -> Self {
        Self { boundary, pending: String::new(), body: Vec::new() }
    }

    /// Adds a text field.
    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        self.begin(name, "");
        self.pending.push_str(value);
        self.pending.push_str("\r\n");
        self
    }

    /// Adds a file.
    pub(crate) fn file(
        mut self,
        name: &str,
        file_name: &str,
        content_type: &'static str,
        content: RequestBody,
    ) -> Self {
        let file_name = escape(file_name);
        self.begin(name, &format!("; filename=\"{file_name}\"\r\nContent-Type: {content_type}"));
        self.flush();
        self.body.push(content);
        self.pending.push_str("\r\n");
        self
    }

    /// The request's content type and body.
    pub(crate) fn finish(mut self) -> (HeaderValue, RequestBody) {
        // Writing to a String cannot fail, here and below.
        let _ = write!(self.pending, "--{}--\r\n", self.boundary.0);
        self.flush();
        let content_type = format!("multipart/form-data; boundary={}", self.boundary.0);
        // A boundary holds only characters that may stand in a header.
        let content_type = HeaderValue::try_from(content_type)
            .unwrap_or_else(|_| HeaderValue::from_static("multipart/form-data"));
        (content_type, RequestBody::chain(self.body))
    }

    fn begin(&mut self, name: &str, rest: &str) {
        let (boundary, name) = (&self.boundary.0, escape(name));
        let _ = write!(
            self.pending,
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{rest}\r\n\r\n"
        );
    }

    fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        self.body.push(Bytes::from(pending).into());
    }
}

/// A name as it stands between quotes: as browsers do (WHATWG HTML, multipart/form-data encoding), quotes and line
/// breaks are percent-encoded and all other scripts stay UTF-8; RFC 7578 forbids `filename*`.
///
/// Other control characters and the backslash are encoded too: browsers let them stand, but there are readers that take
/// a backslash for the start of an escape and refuse control characters in a header.
fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for character in name.chars() {
        if matches!(character, '"' | '\\') || character.is_ascii_control() {
            let _ = write!(escaped, "%{:02X}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}
