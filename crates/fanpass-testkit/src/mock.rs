//! A mocked transport, for tests that state which requests they expect.

use fanpass_transport::{Request, Response, Transport, TransportError};

mockall::mock! {
    /// A transport whose answers and expectations are set per test, with `mockall`.
    #[derive(Debug)]
    pub Transport {}

    impl Transport for Transport {
        async fn send(&self, request: Request) -> Result<Response, TransportError>;
    }
}
