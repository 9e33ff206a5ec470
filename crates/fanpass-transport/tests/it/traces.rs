//! What traces show, and what they must not.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use fanpass_testkit::{CaptureTransport, answer};
use fanpass_transport::middleware::{Stack, StaticToken};
use fanpass_transport::{OperationName, RequestId, Transport as _};
use secrecy::SecretString;
use tracing::Level;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::post;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_traced_without_secrets_or_user_ids() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    let _active = tracing::subscriber::set_default(subscriber);

    let stack = Stack::new(CaptureTransport::queue([answer::status(503), answer::status(200)]))
        .request_ids(|| RequestId::new("id-1").unwrap())
        .tokens(StaticToken::bearer(&SecretString::from("eyJ.secret.token")).unwrap())
        .build();
    let mut request = post(r#"{"userId":"fan-7"}"#);
    request.extensions_mut().insert(OperationName("update_user"));
    stack.send(request).await.unwrap();

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let call = log.lines().find(|line| line.contains("call ended")).expect("a line for the call");
    for shown in [
        "operation=\"update_user\"",
        "method=POST",
        "host=\"fanpass.example\"",
        "path=\"/api/v1/update_user\"",
        "request_id=\"id-1\"",
        "attempts=2",
        "status=200",
        "elapsed_ms=",
    ] {
        assert!(call.contains(shown), "{shown} is missing in {call}");
    }
    assert_eq!(log.matches("attempt ended").count(), 2);
    assert!(!log.contains("secret") && !log.contains("fan-7"), "{log}");
}
