//! What the service tells its log of a call: enough to find it again, and nothing of whom it was about.

use std::io;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use crate::harness::{Call, Harness, update};
use crate::snapshot;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn an_event_names_the_call_and_no_user_and_no_secret() {
    let log = Log::default();
    // For the whole process, as a service has it; other tests' calls are told apart by their ids.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .without_time()
        .init();
    let harness = Harness::start().await;
    let sound = r#"{"userId":"secret-fan","userProperties":{"user_properties.sth":true}}"#;
    let wrong = r#"{"userId":"secret-fan","userProperties":{"user_properties.shoe":true}}"#;
    let get = |path: &str| Call::new("GET", path);
    for (call, id) in [
        (update(sound), "event-1"),
        (update(wrong), "event-2"),
        (get("/service/v1/user?userId=secret-fan"), "event-3"),
        (get("/service/v1/tokens/secret-fan"), "event-4"),
    ] {
        harness.call(call.header("x-request-id", id)).await;
    }

    let text = log.text();
    assert!(!text.contains("secret-fan"), "a user in the log");
    assert!(!text.contains(&harness.token), "a token in the log");
    let answered: Vec<_> = text.lines().filter(|line| line.contains("request_id=\"event-")).collect();
    insta::with_settings!({filters => [(r"elapsed_us=\d+", "elapsed_us=[TIME]")]}, {
        snapshot!("events", answered.join("\n"));
    });
}
