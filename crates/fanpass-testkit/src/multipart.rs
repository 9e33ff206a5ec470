//! Takes a multipart form (RFC 7578) apart, as far as tests need it: in memory, well formed or not at all.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::record::{self, CapturedBody, CapturedPart};

/// The boundary that a content type names, if it is a multipart form's.
pub(crate) fn boundary(content_type: &str) -> Option<&str> {
    let parameters = content_type.strip_prefix("multipart/form-data")?;
    let boundary = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    Some(boundary.trim_matches('"'))
}

/// The content type without what differs from run to run.
pub(crate) fn without_boundary(content_type: &str) -> String {
    match boundary(content_type) {
        Some(_) => "multipart/form-data".to_owned(),
        None => content_type.to_owned(),
    }
}

/// The parts of a form.
///
/// # Panics
/// If the form is not well formed: then the test that sent it has to fail.
pub(crate) fn parse(form: &Bytes, boundary: &str) -> Vec<CapturedPart> {
    let delimiter = format!("\r\n--{boundary}");
    // The first delimiter has no line before it.
    let form: Bytes = [b"\r\n", &form[..]].concat().into();
    let mut starts = positions(&form, delimiter.as_bytes());
    let last = starts.pop().expect("a multipart form has a delimiter");
    assert!(form[last + delimiter.len()..].starts_with(b"--"), "the multipart form has no closing delimiter");
    let ends = starts.iter().skip(1).copied().chain([last]);
    starts.iter().zip(ends).map(|(start, end)| part(&form.slice(start + delimiter.len()..end))).collect()
}

fn part(text: &Bytes) -> CapturedPart {
    let text = text.strip_prefix(b"\r\n").map(Bytes::copy_from_slice);
    let text = text.expect("a delimiter ends its line");
    let blank = *positions(&text, b"\r\n\r\n").first().expect("a part has a blank line after its headers");
    let mut headers = HeaderMap::new();
    for line in text[..blank].split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        let colon = line.iter().position(|byte| *byte == b':').expect("a header has a colon");
        let name = HeaderName::from_bytes(&line[..colon]).expect("a part's header has a valid name");
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).expect("and a valid value");
        headers.append(name, value);
    }
    let body = CapturedBody::decode(&headers, text.slice(blank + 4..));
    CapturedPart { headers: record::headers(&headers), body }
}

fn positions(text: &[u8], pattern: &[u8]) -> Vec<usize> {
    let windows = text.windows(pattern.len()).enumerate();
    windows.filter(|(_, window)| *window == pattern).map(|(position, _)| position).collect()
}
