//! The conformance suite over the adapter.
#![allow(clippy::expect_used, missing_docs)]

use fanpass_testkit::conformance;
use fanpass_transport::Transport as _;
use fanpass_transport_reqwest::ReqwestTransport;

#[tokio::test]
async fn the_adapter_conforms() {
    conformance::run(|| ReqwestTransport::new().expect("a certificate store").into_dyn()).await;
}
