//! Who is let in: people who have signed in, and forms that our own pages have sent.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::header::{COOKIE, HOST, ORIGIN};
use http::{HeaderMap, HeaderName, Method, StatusCode};

use super::Portal;
use super::fields::Fields;
use super::link::link;
use super::pages::trouble_page;
use super::sessions::Session;
use super::trouble::Trouble;
use super::visit::Visit;
use crate::app::App;
use crate::http::body::{ContentType, Pace, Room, collect};
use crate::http::problem::{Kind, Problem};
use secrecy::ExposeSecret as _;

/// Bytes of a form without a file.
const FORM_MAX_BYTES: u64 = 64 << 10;
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The session's cookie. Browsers take one of this prefix from the host itself and over HTTPS alone.
const SECURE_COOKIE: &str = "__Host-fanpass-portal";
const COOKIE_NAME: &str = "fanpass-portal";

impl Portal {
    pub(super) const fn cookie_name(&self) -> &'static str {
        if self.secure { SECURE_COOKIE } else { COOKIE_NAME }
    }

    /// The secret of the session that a request claims to belong to.
    pub(super) fn secret<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(name, _)| *name == self.cookie_name())
            .map(|(_, secret)| secret)
    }

    /// The session of a request, if it stands and its token does.
    pub(super) fn session(&self, headers: &HeaderMap) -> Option<Arc<Session>> {
        let secret = self.secret(headers)?;
        let session = self.sessions.find(secret, self.app.store.clock().now())?;
        if self.app.authority.verify(session.token.expose_secret()).is_err() {
            self.sessions.end(secret);
            return None;
        }
        Some(session)
    }
}

/// Lets a request through to its page with a [`Visit`], or sends it to where one signs in.
pub(super) async fn admit(State(portal): State<Arc<Portal>>, mut request: Request, next: Next) -> Response {
    let Some(session) = portal.session(request.headers()) else { return sign_in(&request) };
    let query = Fields::read(request.uri().query().unwrap_or_default().as_bytes());
    let request_id = request.extensions().get().cloned();
    let mut visit = Visit { portal, session, request_id, query, form: Fields::default() };
    let response = match check(&mut visit, &mut request).await {
        Ok(()) => {
            request.extensions_mut().insert(visit.clone());
            next.run(request).await
        }
        Err(trouble) => trouble.into_response(),
    };
    match response.extensions().get::<Trouble>() {
        // The token was revoked, or has expired, while the page was made.
        Some(trouble) if trouble.status == StatusCode::UNAUTHORIZED => Redirect::to(SIGN_IN).into_response(),
        Some(trouble) => trouble_page(&visit, trouble),
        None => response,
    }
}

const SIGN_IN: &str = "/portal/sign-in";

/// Where one signs in, and comes back from to the page that was asked for.
fn sign_in(request: &Request) -> Response {
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let next = if request.method() == Method::GET && target != "/portal" { target } else { "" };
    Redirect::to(&link(SIGN_IN, [("next", next)])).into_response()
}

/// Sees to it that what changes something was sent by a page of ours, and takes its form.
async fn check(visit: &mut Visit, request: &mut Request) -> Result<(), Trouble> {
    // Nothing else changes anything, or is answered by a page.
    if request.method() != Method::POST {
        return Ok(());
    }
    check_origin(request.headers())?;
    // A file is not read here; its form names the session in its address.
    let csrf = if ContentType::of(request.headers()) == ContentType::Form {
        visit.query.text("csrf")
    } else {
        visit.form = read_form(&visit.portal.app, request, FORM_MAX_BYTES).await?;
        visit.form.text("csrf")
    };
    if csrf == visit.session.csrf {
        return Ok(());
    }
    Err(Trouble::new(
        Kind::FORBIDDEN,
        "the form is not of this session; open its page again and send it from there",
    ))
}

/// A form of at most `limit` bytes without files.
pub(super) async fn read_form(app: &App, request: &mut Request, limit: u64) -> Result<Fields, Problem> {
    let body = std::mem::take(request.body_mut());
    let mut pace = Pace::new(&app.limits, &|| Ok(()));
    let mut room = Room::new(&app.body_room);
    let bytes = collect(request.headers(), body, limit, &mut pace, &mut room).await?;
    Ok(Fields::read(&bytes))
}

/// Refuses what a browser says another site has sent. A program that says neither has no session to be misused.
pub(super) fn check_origin(headers: &HeaderMap) -> Result<(), Trouble> {
    let foreign = || Trouble::new(Kind::FORBIDDEN, "the form was sent by another site; open the page here");
    if let Some(site) = headers.get(FETCH_SITE) {
        return if site == "same-origin" { Ok(()) } else { Err(foreign()) };
    }
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    if origin.is_some_and(|(_, authority)| Some(authority) == host) { Ok(()) } else { Err(foreign()) }
}
