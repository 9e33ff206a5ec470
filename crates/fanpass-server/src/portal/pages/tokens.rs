//! Tokens: issued and shown once, listed, revoked.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect};
use fanpass_model::operations::{ISSUE_TOKEN, LIST_TOKENS, REVOKE_TOKEN};
use fanpass_model::{IssueTokenRequest, IssuedToken, TokenList, TokenSummary};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;

use super::pager::Pager;
use crate::auth::SCOPES;
use crate::portal::api::read;
use crate::portal::frame::{Answer, Frame, page, show};
use crate::portal::link::link;
use crate::portal::show::When;
use crate::portal::trouble::Trouble;
use crate::portal::visit::Visit;

/// Members of the request that have a field of their own.
const FIELDS: [&str; 3] = ["/subject", "/scopes", "/lifetimeSeconds"];
const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// What each scope allows, in a few words.
const MEANINGS: [&str; 4] = [
    "send segments, roll them back, delete them",
    "update users",
    "look everything up but the audit",
    "all that is here: attributes, tokens, keys, audit, erasure",
];

#[derive(Template)]
#[template(path = "tokens.html")]
struct Page<'a> {
    frame: Frame,
    rows: Vec<Row>,
    pager: Pager,
    /// Name, meaning, whether it is ticked.
    scopes: Vec<(&'static str, &'static str, bool)>,
    subject: &'a str,
    days: &'a str,
    /// By which the form is sent once, however often it is sent.
    once: String,
    trouble: Option<&'a Trouble>,
    fields: &'static [&'static str],
}

struct Row {
    jti: String,
    subject: String,
    scopes: String,
    state: &'static str,
    issued: When,
    expires: When,
    used: Option<When>,
    revoke_address: String,
}

pub(in crate::portal) async fn list(visit: Visit) -> Answer {
    all(&visit, None).await
}

async fn all(visit: &Visit, trouble: Option<&Trouble>) -> Answer {
    let after = visit.query.text("after");
    let list: TokenList = visit.call(&LIST_TOKENS, &[("after", after)]).await?;
    let now = visit.portal.app.store.clock().now();
    let ticked: Vec<_> = visit.form.all("scope").collect();
    let first = visit.form.text("csrf").is_empty();
    let scopes = SCOPES
        .into_iter()
        .zip(MEANINGS)
        .map(|(scope, meaning)| (scope, meaning, ticked.contains(&scope) || first && scope == "read"));
    page(
        trouble.map_or(StatusCode::OK, |trouble| trouble.status),
        &Page {
            frame: visit.frame("Tokens", "/portal/tokens"),
            pager: Pager::new("/portal/tokens", &[], after, list.next.as_deref()),
            rows: list.tokens.into_iter().map(|token| row(token, now)).collect(),
            scopes: scopes.collect(),
            subject: visit.form.text("subject"),
            days: visit.form.text("days"),
            once: visit.portal.app.store.ids().next(),
            trouble,
            fields: &FIELDS,
        },
    )
}

fn row(token: TokenSummary, now: Timestamp) -> Row {
    let expired = token.expires_at.parse::<Timestamp>().is_ok_and(|at| at <= now);
    let state = match (&token.revoked_at, expired) {
        (Some(_), _) => "revoked",
        (None, true) => "expired",
        (None, false) => "in force",
    };
    Row {
        revoke_address: link("/portal/token/revoke", [("jti", &*token.jti)]),
        jti: token.jti,
        subject: token.subject,
        scopes: token.scopes.join(" "),
        state,
        issued: When::of(&token.issued_at),
        expires: When::of(&token.expires_at),
        used: When::maybe(token.last_used_at.as_deref()),
    }
}

#[derive(Template)]
#[template(path = "token.html")]
struct IssuedPage<'a> {
    frame: Frame,
    token: &'a str,
    subject: &'a str,
    scopes: String,
    expires: When,
}

pub(in crate::portal) async fn issue(visit: Visit) -> Answer {
    let form = &visit.form;
    let mut request = IssueTokenRequest::new(form.text("subject").trim().to_owned());
    request.scopes = form.all("scope").map(str::to_owned).collect();
    let days = form.text("days").trim();
    // What is no number is refused as one that is out of range, by the operation.
    request.lifetime_seconds =
        (!days.is_empty()).then(|| days.parse::<u64>().unwrap_or(0).saturating_mul(SECONDS_PER_DAY));
    if request.scopes.is_empty() {
        let detail = "tick at least one scope";
        let problem = crate::http::problem::Problem::invalid_at("/scopes", "missing", detail);
        return all(&visit, Some(&problem.into())).await;
    }
    let once = HeaderValue::try_from(form.text("once")).ok().filter(|once| !once.is_empty());
    match visit.send_once::<IssuedToken>(&ISSUE_TOKEN, &request, once).await {
        Ok(issued) => show(&IssuedPage {
            frame: visit.frame("A new token", "/portal/tokens"),
            token: issued.token.expose(),
            subject: &issued.subject,
            scopes: issued.scopes.join(" "),
            expires: When::of(&issued.expires_at),
        }),
        Err(trouble) if trouble.status == StatusCode::UNPROCESSABLE_ENTITY => {
            all(&visit, Some(&trouble)).await
        }
        Err(trouble) => Err(trouble),
    }
}

pub(in crate::portal) async fn revoke(visit: Visit) -> Answer {
    let jti: String = form_urlencoded::byte_serialize(visit.query.text("jti").as_bytes()).collect();
    let path = REVOKE_TOKEN.path.replace("{jti}", &jti.replace('+', "%20"));
    let response = visit.request(REVOKE_TOKEN.method, &path, HeaderMap::new(), axum::body::Body::empty());
    read::<TokenSummary>(response.await?).await?;
    Ok(Redirect::to("/portal/tokens?done=revoked").into_response())
}
