//! The Portal: pages for people at `/portal`. They show the service's own operations, called through its own router with the
//! token that a person has signed in with, and nothing else: scopes, rates, limits and the audit are those of any call.

mod api;
mod assets;
mod chart;
mod download;
mod events;
mod fields;
mod frame;
mod front;
mod guard;
mod harmless;
mod headers;
mod import_row;
mod link;
mod pages;
mod sessions;
mod show;
mod trouble;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::config::PortalOptions;
use crate::http::observe;
pub(crate) use harmless::Harmless;
use pages::{
    attribute, attributes, audience, audiences, audit, faults, forwarding, import, imports, overview,
    segment, segments, settings, sign_in, tokens, upload, user, users,
};
use sessions::Sessions;

/// Streams of events and downloads that are open at the same time; a further one is refused.
const STREAMS_MAX: usize = 64;

/// What the pages share.
struct Portal {
    app: Arc<App>,
    /// The service's operations.
    api: Router,
    sessions: Sessions,
    /// Permits for streams of events and downloads.
    streams: Arc<Semaphore>,
    /// Whether browsers are to send the session over HTTPS alone.
    secure: bool,
}

/// The pages, in front of `api`.
pub(crate) fn router(app: &Arc<App>, api: &Router, options: &PortalOptions) -> Router {
    let portal = Arc::new(Portal {
        app: Arc::clone(app),
        api: api.clone(),
        sessions: Sessions::default(),
        streams: Arc::new(Semaphore::new(STREAMS_MAX)),
        secure: options.secure_cookie,
    });
    let pages = Router::new()
        .route("/portal", get(overview::show))
        .route("/portal/sign-out", post(sign_in::end))
        .route("/portal/segments", get(segments::list))
        .route("/portal/segment", get(segment::show))
        .route("/portal/segment/members", get(segment::members))
        .route("/portal/segment/members.csv", get(segment::download))
        .route("/portal/segment/rollback", post(segment::roll_back))
        .route("/portal/segment/delete", post(segment::delete))
        .route("/portal/upload", get(upload::show).post(upload::take))
        .route("/portal/imports", get(imports::list))
        .route("/portal/imports/events", get(events::stream))
        .route("/portal/import", get(import::show))
        .route("/portal/import/errors.csv", get(import::download))
        .route("/portal/import/cancel", post(import::cancel))
        .route("/portal/users", get(users::list))
        .route("/portal/user", get(user::show))
        .route("/portal/user/export", get(user::export))
        .route("/portal/user/erase", post(user::erase))
        .route("/portal/attributes", get(attributes::list).post(attributes::register))
        .route("/portal/attribute", get(attribute::show))
        .route("/portal/attribute/state", post(attributes::set_state))
        .route("/portal/audiences", get(audiences::list).post(audiences::take))
        .route("/portal/audiences/write", get(audiences::write))
        .route("/portal/audience", get(audience::show))
        .route("/portal/audience/members.csv", get(audience::download))
        .route("/portal/audience/delete", post(audience::delete))
        .route("/portal/ga4", get(forwarding::show))
        .route("/portal/ga4/retry", post(forwarding::retry))
        .route("/portal/tokens", get(tokens::list).post(tokens::issue))
        .route("/portal/token/revoke", post(tokens::revoke))
        .route("/portal/audit", get(audit::list))
        .route("/portal/audit.csv", get(audit::download))
        .route("/portal/settings", get(settings::show))
        .route("/portal/faults", get(faults::show).post(faults::set))
        .route("/portal/faults/clear", post(faults::clear))
        .route("/portal/", get(pages::elsewhere))
        .route("/portal/{*elsewhere}", get(pages::elsewhere))
        .method_not_allowed_fallback(pages::nothing_to_see)
        .layer(from_fn_with_state(Arc::clone(&portal), guard::admit));
    Router::new()
        .route("/portal/sign-in", get(sign_in::show).post(sign_in::begin))
        .route("/portal/assets/{name}", get(assets::serve))
        .merge(pages)
        .layer(from_fn(headers::add))
        .route("/", any(front::lead))
        .layer(from_fn_with_state(Arc::clone(app), observe))
        .with_state(portal)
}
