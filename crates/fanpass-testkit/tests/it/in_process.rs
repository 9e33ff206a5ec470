//! The part of the suite that needs no socket, over a transport that has none.

use fanpass_testkit::conformance::{self, Service};
use fanpass_transport::{DynTransport, Request, Response, Transport, TransportError};

#[derive(Debug)]
struct InProcess(Service);

impl Transport for InProcess {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        Ok(self.0.call(request).await)
    }
}

#[tokio::test]
async fn a_plain_call_conforms() {
    let service = Service::default();
    let transport: DynTransport = InProcess(service.clone()).into_dyn();
    conformance::semantics(&transport, "http://in-process", &service).await;
}
