//! The conformance suite over both transports.
#![allow(clippy::expect_used, missing_docs)]

use std::sync::Arc;

use fanpass_testkit::conformance;
use fanpass_transport_hyper::{HyperConnection, HyperTransport};

#[tokio::test]
async fn the_pool_conforms() {
    conformance::run(|| Arc::new(HyperTransport::new().expect("a certificate store"))).await;
}

#[tokio::test]
async fn the_single_connection_conforms() {
    let first = HyperConnection::new().expect("a certificate store");
    conformance::run(|| Arc::new(first.sibling())).await;
}
