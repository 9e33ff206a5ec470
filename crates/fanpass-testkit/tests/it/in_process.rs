//! The part of the suite that needs no socket, over a transport that has none.

use std::sync::Arc;

use async_trait::async_trait;
use fanpass_testkit::conformance::{self, Service};
use fanpass_transport::{DynTransport, Request, Response, Transport, TransportError};

#[derive(Debug)]
struct InProcess(Service);

#[async_trait]
impl Transport for InProcess {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        Ok(self.0.call(request).await)
    }
}

#[tokio::test]
async fn a_plain_call_conforms() {
    let service = Service::default();
    let transport: DynTransport = Arc::new(InProcess(service.clone()));
    conformance::semantics(&transport, "http://in-process", &service).await;
}
