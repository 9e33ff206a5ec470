//! A service on a real socket and a real data folder.

use std::path::Path;

use fanpass_server::store::{Clock, Ids};
use fanpass_server::{Config, Service};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::contract;
pub use crate::wire::{Answer, Call, form, post, segment, status_of, update, upload, workbook};

/// A running service whose clock stands at 2026-08-01T03:00:00Z and whose ids count.
pub struct Harness {
    pub folder: TempDir,
    pub clock: Clock,
    pub service: Service,
    pub address: String,
    /// The development token, which has every scope.
    pub token: String,
    ids: Ids,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Harness {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// As `start`, with a configuration that `change` has had its hands on.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::at(Clock::manual("2026-08-01T03:00:00Z".parse().unwrap()), change).await
    }

    /// As `with`, by a clock that others go by too.
    pub async fn at(clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        Self::open(TempDir::new().unwrap(), clock, Ids::counting(), change).await
    }

    /// Stops the service and starts it again on the same folder.
    pub async fn restart(self) -> Self {
        self.restart_after(|_| {}).await
    }

    /// As `restart`; nobody uses the folder while `change` has its hands on it.
    pub async fn restart_after(self, change: impl FnOnce(&Path)) -> Self {
        self.restart_with(|config| change(&config.data)).await
    }

    /// As `restart`, with a configuration that `change` has had its hands on.
    pub async fn restart_with(self, change: impl FnOnce(&mut Config)) -> Self {
        let Self { folder, clock, service, ids, stop, server, .. } = self;
        stop.send(()).unwrap();
        server.await.unwrap();
        service.stop().await;
        drop(service);
        Self::open(folder, clock, ids, change).await
    }

    /// Stops the service for good.
    pub async fn into_folder(self) -> TempDir {
        let Self { folder, service, stop, server, .. } = self;
        stop.send(()).unwrap();
        server.await.unwrap();
        service.stop().await;
        folder
    }

    /// As `restart`, with ids that count from 1 again.
    pub async fn count_again(mut self) -> Self {
        self.ids = Ids::counting();
        self.restart().await
    }

    async fn open(folder: TempDir, clock: Clock, ids: Ids, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config { data: folder.path().to_owned(), ..Config::default() };
        change(&mut config);
        let service = Service::open_with(config, clock.clone(), ids.clone()).await.unwrap();
        let token = service.development_token().await.unwrap().expose_secret().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = service.clone();
        let server = tokio::spawn(async move {
            serving.serve(listener, async { drop(stopped.await) }).await.unwrap();
        });
        Self { folder, clock, service, address, token, ids, stop, server }
    }

    /// Sends a call with the development token.
    pub async fn call(&self, request: Call) -> Answer {
        let token = self.token.clone();
        self.call_as(&token, request).await
    }

    pub async fn call_as(&self, token: &str, request: Call) -> Answer {
        self.send(request.header("authorization", &format!("Bearer {token}"))).await
    }

    /// Sends a call as it is and checks the answer against the contract.
    pub async fn send(&self, request: Call) -> Answer {
        let answer = self.exchange(&request.bytes()).await;
        contract::check(&request.method, &request.path, &answer);
        answer
    }

    /// Writes bytes to a fresh connection, ends the sending side, and reads what comes back.
    pub async fn exchange(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        // A service that has refused already may not take the rest.
        let _ = stream.write_all(request).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        Answer::parse(&answer)
    }

    /// A token for `subject` with `scopes`.
    pub async fn issue(&self, subject: &str, scopes: &[&str]) -> String {
        let request = serde_json::json!({"subject": subject, "scopes": scopes});
        let answer = self.call(post("/service/v1/tokens").json(&request.to_string())).await;
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// Registers a custom attribute.
    pub async fn register(&self, key: &str, kind: &str) {
        let request = serde_json::json!({"key": key, "type": kind});
        let answer = self.call(post("/service/v1/attributes").json(&request.to_string())).await;
        assert_eq!(answer.status, 200, "{answer}");
    }

    /// Uploads a file and waits until its import has ended.
    pub async fn import(&self, segment: &str, name: &str, content: &[u8]) -> Value {
        let answer = self.call(upload(segment, name, content)).await;
        assert_eq!(answer.status, 202, "{answer}");
        self.ended(answer.json()["firebase_imported_segment_id"].as_str().unwrap()).await
    }

    /// The status of an import once it has ended.
    pub async fn ended(&self, id: &str) -> Value {
        loop {
            // Named, so that asking draws no id: how often is asked differs.
            let status = self.call(status_of(id).header("x-request-id", "poll")).await.json();
            if ["completed", "failed", "cancelled"].contains(&status["status"].as_str().unwrap()) {
                return status;
            }
            tokio::task::yield_now().await;
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Call::new("GET", path)).await
    }
}
