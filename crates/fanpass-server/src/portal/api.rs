//! Calls of the service's operations, as anybody else makes them but for the socket.

use axum::body::{Body, to_bytes};
use axum::response::Response;
use fanpass_model::Operation;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt as _;

use super::link::link;
use super::trouble::Trouble;
use super::visit::Visit;
use crate::faults::is_cut;
use crate::http::problem::{Kind, Problem};

/// Bytes of an answer that are taken at most: more than any page of any list has.
const ANSWER_MAX_BYTES: usize = 64 << 20;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl Visit {
    /// Calls an operation without a body.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        parameters: &[(&str, &str)],
    ) -> Result<T, Trouble> {
        let target = link(operation.path, parameters.iter().copied());
        read(self.request(operation.method, &target, HeaderMap::new(), Body::empty()).await?).await
    }

    /// Calls an operation with a JSON body.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        body: &impl Serialize,
    ) -> Result<T, Trouble> {
        self.send_once(operation, body, None).await
    }

    /// As [`send`](Self::send), with an effect that is had once however often the form is sent.
    pub(super) async fn send_once<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        body: &impl Serialize,
        key: Option<HeaderValue>,
    ) -> Result<T, Trouble> {
        let body = serde_json::to_vec(body).map_err(|error| Problem::internal(&error))?;
        let mut headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        headers.extend(key.map(|key| (HeaderName::from_static("idempotency-key"), key)));
        read(self.request(operation.method, operation.path, headers, body.into()).await?).await
    }

    /// Sends a request with the visitor's token through the service's router; an answer that says no is trouble.
    pub(super) async fn request(
        &self,
        method: &str,
        target: &str,
        mut headers: HeaderMap,
        body: Body,
    ) -> Result<Response, Trouble> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.session.token.expose_secret()))
            .map_err(|error| Problem::internal(&error))?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
        if let Some(id) = &self.request_id {
            headers.insert(REQUEST_ID, id.header_value().clone());
        }
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .body(body)
            .map_err(|error| Problem::internal(&error))?;
        *request.headers_mut() = headers;
        let Ok(response) = self.portal.api.clone().oneshot(request).await;
        if is_cut(&response) {
            return Err(cut());
        }
        if response.status().is_success() { Ok(response) } else { Err(refused(response).await) }
    }
}

/// Reads the answer of an operation.
pub(super) async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Trouble> {
    let bytes = to_bytes(response.into_body(), ANSWER_MAX_BYTES).await.map_err(|_| cut())?;
    serde_json::from_slice(&bytes).map_err(|error| Problem::internal(&error).into())
}

async fn refused(response: Response) -> Trouble {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).cloned();
    let Ok(bytes) = to_bytes(response.into_body(), ANSWER_MAX_BYTES).await else { return cut() };
    Trouble::of(status, serde_json::from_slice(&bytes).unwrap_or_default(), retry_after)
}

/// Faults on demand reach the Portal too.
fn cut() -> Trouble {
    Trouble::new(Kind::UNAVAILABLE, "the answer was cut off, as a fault on demand; try again")
}
