//! The conformance suite over both transports.
#![allow(clippy::expect_used, missing_docs)]

use fanpass_testkit::conformance;
use fanpass_transport::Transport as _;
use fanpass_transport_hyper::{HyperConnection, HyperTransport};

#[tokio::test]
async fn the_pool_conforms() {
    conformance::run(|| HyperTransport::new().expect("a certificate store").into_dyn()).await;
}

#[tokio::test]
async fn the_single_connection_conforms() {
    let first = HyperConnection::new().expect("a certificate store");
    conformance::run(|| first.sibling().into_dyn()).await;
}
