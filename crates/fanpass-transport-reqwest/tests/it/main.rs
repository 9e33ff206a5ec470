//! The conformance suite over the adapter.
#![allow(clippy::expect_used, missing_docs)]

use std::sync::Arc;

use fanpass_testkit::conformance;
use fanpass_transport_reqwest::ReqwestTransport;

#[tokio::test]
async fn the_adapter_conforms() {
    conformance::run(|| Arc::new(ReqwestTransport::new().expect("a certificate store"))).await;
}
