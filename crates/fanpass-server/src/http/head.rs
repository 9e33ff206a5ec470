//! The head of a request, looked at before anything else: its size, and what HTTP says of its headers.

use axum::extract::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Version};

use super::idempotency::KEY;
use super::problem::{Kind, Problem};
use crate::config::Limits;
use crate::faults;

/// Headers of which a second one would say something else.
const SINGLE: [HeaderName; 4] = [AUTHORIZATION, CONTENT_TYPE, KEY, HeaderName::from_static(faults::HEADER)];

/// On a request that came over a socket, where HTTP wants to know which host is meant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OverSocket;

/// Refuses a head that is past its limits or has two meanings.
pub(super) fn check(request: &Request, limits: &Limits) -> Result<(), Problem> {
    check_size(request, limits)?;
    if request.extensions().get::<OverSocket>().is_some() {
        check_host(request)?;
    }
    check_coding(request.headers())?;
    for name in SINGLE {
        if request.headers().get_all(&name).iter().nth(1).is_some() {
            return Err(malformed(format!("the header `{name}` stands twice; send it once")));
        }
    }
    Ok(())
}

/// One past what the connection's buffer holds was refused before this.
fn check_size(request: &Request, limits: &Limits) -> Result<(), Problem> {
    let (count, most) = (request.headers().len(), limits.header_count);
    if count > most {
        let detail = format!("the request has {count} headers, more than the {most} that this service takes");
        return Err(Problem::new(Kind::HEADERS, detail));
    }
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let most = limits.header_bytes;
    if header_bytes(request.headers()).saturating_add(target) > most {
        let detail = format!(
            "the request's target and headers are more than the {most} bytes that this service takes"
        );
        return Err(Problem::new(Kind::HEADERS, detail));
    }
    Ok(())
}

/// Bytes that headers take on the line.
pub(super) fn header_bytes(headers: &HeaderMap) -> usize {
    // Each ends its name with a colon and a space, and itself with a line end.
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

/// RFC 9112, section 3.2: exactly one `Host`, which only HTTP/1.0 may leave out.
fn check_host(request: &Request) -> Result<(), Problem> {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.version() < Version::HTTP_11 => Ok(()),
        (None, _) => Err(malformed("the request has no `Host`, which HTTP/1.1 asks for")),
        (Some(host), None) if is_host(host) => Ok(()),
        (Some(_), None) => Err(malformed("the `Host` is not a host with or without a port")),
        (Some(_), Some(_)) => Err(malformed("the header `Host` stands twice; send it once")),
    }
}

fn is_host(value: &HeaderValue) -> bool {
    let is_authority = |text: &str| text.is_empty() || text.parse::<Authority>().is_ok();
    value.to_str().is_ok_and(|text| !text.contains('@') && is_authority(text))
}

/// RFC 9112, section 6.1: a coding that is not understood would be stored as if it were the content.
fn check_coding(headers: &HeaderMap) -> Result<(), Problem> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => {
            let detail = "the body has another `Transfer-Encoding` than `chunked`; send it as it is";
            Err(Problem::new(Kind::UNKNOWN_CODING, detail))
        }
    }
}

fn malformed(detail: impl Into<String>) -> Problem {
    Problem::new(Kind::MALFORMED, detail)
}
