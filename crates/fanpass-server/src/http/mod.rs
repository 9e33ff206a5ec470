//! The service over HTTP: a route for each operation of the contract, and what every answer has in common.

mod answer;
pub(crate) mod body;
mod brief;
mod call;
mod conduct;
pub(crate) mod floods;
pub(crate) mod head;
mod held;
pub(crate) mod idempotency;
mod importable;
mod json;
mod loose;
mod members;
mod observe;
mod operations;
pub(crate) mod owed;
mod plain;
pub(crate) mod problem;
pub(crate) mod query;
mod shape;
pub(crate) mod unread;
mod upload;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{MethodFilter, get, on, post};
use fanpass_model::operations as contract;

use crate::app::App;
use crate::faults;
use body::ContentType;
use call::Operate;
use conduct::run;
pub(crate) use observe::observe;
use operations::{
    attributes, audiences, audit, combine, forwarding, imports, keys, lookups, privacy, segments, settings,
    stored_users, tokens, users, versions,
};

/// All that the service answers. Which operations exist is the contract's to say; a test compares.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let mut router = Router::new()
        .route("/healthz", get(plain::health))
        .route("/readyz", get(plain::ready))
        .route("/openapi.json", get(plain::contract))
        .route("/metrics", get(plain::metrics_with_token))
        .route(contract::CREATE_SEGMENT.path, post(create_or_import));
    router = add::<imports::Status>(router);
    router = add::<users::Update>(router);
    router = add::<lookups::ListSegments>(router);
    router = add::<lookups::GetSegment>(router);
    router = add::<lookups::ListMembers>(router);
    router = add::<lookups::GetMembership>(router);
    router = add::<lookups::ListUserSegments>(router);
    router = add::<combine::Combine>(router);
    router = add::<audiences::Preview>(router);
    router = add::<audiences::List>(router);
    router = add::<audiences::Save>(router);
    router = add::<audiences::Get>(router);
    router = add::<audiences::Delete>(router);
    router = add::<audiences::ListMembers>(router);
    router = add::<audiences::ListOfUser>(router);
    router = add::<lookups::GetUser>(router);
    router = add::<imports::List>(router);
    router = add::<imports::Errors>(router);
    router = add::<imports::Cancel>(router);
    router = add::<versions::List>(router);
    router = add::<versions::RollBack>(router);
    router = add::<versions::Delete>(router);
    router = add::<stored_users::List>(router);
    router = add::<stored_users::History>(router);
    router = add::<privacy::Delete>(router);
    router = add::<privacy::Export>(router);
    router = add::<audit::List>(router);
    router = add::<attributes::List>(router);
    router = add::<attributes::Register>(router);
    router = add::<attributes::SetState>(router);
    router = add::<attributes::Use>(router);
    router = add::<keys::List>(router);
    router = add::<keys::Rotate>(router);
    router = add::<keys::Retire>(router);
    router = add::<settings::Get>(router);
    router = add::<tokens::List>(router);
    router = add::<tokens::Issue>(router);
    router = add::<tokens::Revoke>(router);
    router = add::<forwarding::Get>(router);
    router = add::<forwarding::Dead>(router);
    router = add::<forwarding::Retry>(router);
    router = add::<operations::faults::Get>(router);
    router = add::<operations::faults::Set>(router);
    router = add::<operations::faults::Clear>(router);
    router
        .fallback(problem::wrong_path)
        .method_not_allowed_fallback(problem::wrong_method)
        // Each operation bounds its own body, and says so in its own words.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::clone(app), faults::inject))
        .layer(from_fn_with_state(Arc::clone(app), observe))
        .with_state(Arc::clone(app))
}

/// What is answered to whoever watches the service, on a socket of its own.
pub(crate) fn watching(app: &Arc<App>) -> Router {
    Router::new()
        .route("/healthz", get(plain::health))
        .route("/readyz", get(plain::ready))
        .route("/metrics", get(plain::metrics))
        .fallback(problem::wrong_path)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(from_fn_with_state(Arc::clone(app), observe))
        .with_state(Arc::clone(app))
}

fn add<O: Operate>(router: Router<Arc<App>>) -> Router<Arc<App>> {
    let method = match O::OPERATION.method {
        "GET" => MethodFilter::GET,
        "DELETE" => MethodFilter::DELETE,
        "PUT" => MethodFilter::PUT,
        _ => MethodFilter::POST,
    };
    router.route(O::OPERATION.path, on(method, run::<O>))
}

/// One path serves both segment operations; the content type tells them apart.
async fn create_or_import(state: State<Arc<App>>, request: Request) -> Response {
    match ContentType::of(request.headers()) {
        ContentType::Form => run::<imports::Import>(state, request).await,
        ContentType::Json | ContentType::Other => run::<segments::Create>(state, request).await,
    }
}
