//! Signing in with a token, and out again.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use fanpass_transport::RequestId;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, StatusCode};
use secrecy::SecretString;

use crate::http::problem::Problem;
use crate::portal::Portal;
use crate::portal::fields::Fields;
use crate::portal::frame::{Answer, Frame, page};
use crate::portal::guard::{check_origin, read_form};
use crate::portal::trouble::Trouble;
use crate::portal::visit::Visit;
use crate::store::{AuditEntry, StoreErrorKind};

/// Bytes of the form: a token and an address.
const FORM_MAX_BYTES: u64 = 16 << 10;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page<'a> {
    frame: Frame,
    next: &'a str,
    trouble: Option<&'a str>,
}

pub(in crate::portal) async fn show(State(portal): State<Arc<Portal>>, request: Request) -> Response {
    let query = Fields::read(request.uri().query().unwrap_or_default().as_bytes());
    let next = inside(query.text("next"));
    if portal.session(request.headers()).is_some() {
        return Redirect::to(next).into_response();
    }
    form(StatusCode::OK, next, query.text("done"), None)
}

pub(in crate::portal) async fn begin(State(portal): State<Arc<Portal>>, mut request: Request) -> Response {
    let read = match check_origin(request.headers()) {
        Ok(()) => read_form(&portal.app, &mut request, FORM_MAX_BYTES).await,
        Err(trouble) => return form(trouble.status, "/portal", "", trouble.beside(&[]).first().copied()),
    };
    let fields = match read {
        Ok(fields) => fields,
        Err(problem) => return form(problem.kind.status, "/portal", "", Some(&problem.detail)),
    };
    let next = inside(fields.text("next"));
    let token = fields.text("token").trim();
    let request_id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    let mut audit = AuditEntry { request_id, operation: "portalSignIn".to_owned(), ..AuditEntry::default() };
    let begun = match portal.app.authority.verify(token) {
        Ok(claims) => {
            audit.subject = Some(claims.sub.clone());
            audit.jti = Some(claims.jti.clone());
            portal.sessions.begin(SecretString::from(token), claims, portal.app.store.clock().now())
        }
        Err(refusal) => Err(refusal.into()),
    };
    audit.status = begun.as_ref().map_or_else(|problem| problem.kind.status.as_u16(), |_| 200);
    let recorded = record(&portal, audit).await;
    match begun.and_then(|secret| recorded.map(|()| secret)) {
        Ok(secret) => {
            let mut response = Redirect::to(next).into_response();
            response.headers_mut().extend(cookie(&portal, &secret, ""));
            response
        }
        Err(problem) => form(problem.kind.status, next, "", Some(&problem.detail)),
    }
}

pub(in crate::portal) async fn end(visit: Visit, headers: HeaderMap) -> Answer {
    let portal = &visit.portal;
    if let Some(secret) = portal.secret(&headers) {
        portal.sessions.end(secret);
    }
    let mut response = Redirect::to("/portal/sign-in?done=signed-out").into_response();
    response.headers_mut().extend(cookie(portal, "", "; Max-Age=0"));
    Ok(response)
}

/// Stores the record of an attempt, unless it is one of a flood.
async fn record(portal: &Portal, audit: AuditEntry) -> Result<(), Problem> {
    let (app, now) = (&portal.app, portal.app.store.clock().now().as_microsecond());
    if !app.floods.admit(&audit, now) {
        return Ok(());
    }
    let stored = app.store.append_audit(audit.clone()).await;
    if stored.as_ref().is_err_and(|error| error.kind() == StoreErrorKind::Busy) {
        app.floods.missed(&audit, now);
    }
    stored.map_err(Problem::from)
}

/// The address of a page of ours that was asked for; the first one where it is none.
fn inside(next: &str) -> &str {
    let rest = next.strip_prefix("/portal").filter(|rest| rest.bytes().all(|byte| byte.is_ascii_graphic()));
    if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])) { next } else { "/portal" }
}

fn cookie(portal: &Portal, secret: &str, more: &str) -> Option<(http::HeaderName, HeaderValue)> {
    // A name with the prefix `__Host-` is only taken for the whole host.
    let place = if portal.secure { "/; Secure" } else { "/portal" };
    let cookie = format!("{}={secret}; Path={place}; HttpOnly; SameSite=Strict{more}", portal.cookie_name());
    let mut value = HeaderValue::try_from(cookie).ok()?;
    value.set_sensitive(true);
    Some((SET_COOKIE, value))
}

fn form(status: StatusCode, next: &str, done: &str, trouble: Option<&str>) -> Response {
    let template = Page { frame: Frame::outside("Sign in", done), next, trouble };
    page(status, &template).unwrap_or_else(|trouble: Trouble| trouble.status.into_response())
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for page in ["/portal", "/portal/user?id=42", "/portal?x"] {
            assert_eq!(inside(page), page);
        }
        for other in [
            "",
            "/portal?\r\nset-cookie: x",
            "//evil.example",
            "https://evil.example",
            "/portal.evil.example",
            "/portally",
        ] {
            assert_eq!(inside(other), "/portal");
        }
    }
}
