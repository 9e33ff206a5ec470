//! A service that can crash between any two calls, or with a call done and not answered.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use fanpass_server::store::{Clock, Ids};
use fanpass_server::{Config, Service};
use fanpass_transport::{Request, Response, Sent, Transport, TransportError, TransportErrorKind};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

/// A transport to it. One call at a time reaches the service, in the order in which they were sent.
#[derive(Debug, Clone)]
pub struct World {
    state: Arc<Mutex<State>>,
    /// Where the service runs: its threads are not to be held up by a clock that stands still.
    runtime: Arc<Runtime>,
    clock: Clock,
    ids: Ids,
}

#[derive(Debug)]
struct State {
    service: Service,
    folder: TempDir,
    calls: u64,
    /// Calls from one crash to the next; 0 for none.
    life: u64,
}

impl World {
    pub fn new(life: u64) -> Self {
        let runtime = Arc::new(Runtime::new().unwrap());
        let clock = Clock::manual("2026-08-01T03:00:00Z".parse().unwrap());
        let (ids, folder) = (Ids::counting(), TempDir::new().unwrap());
        let service = runtime.block_on(open(folder.path(), &clock, &ids));
        let state = Arc::new(Mutex::new(State { service, folder, calls: 0, life }));
        Self { state, runtime, clock, ids }
    }

    /// Whoever has the development token may do all.
    pub fn token(&self) -> secrecy::SecretString {
        self.runtime.block_on(async { self.state.lock().await.service.development_token().await.unwrap() })
    }

    /// From now on nothing happens to it.
    pub fn calm(&self) {
        self.runtime.block_on(async { self.state.lock().await.life = 0 });
    }

    /// Begins again on the files as they are at this moment, as after `kill -9`: what the service has in memory is lost.
    async fn crash(&self, state: &mut State) {
        let folder = TempDir::new().unwrap();
        copy(state.folder.path(), folder.path());
        state.service = open(folder.path(), &self.clock, &self.ids).await;
        state.folder = folder;
    }

    async fn meet(&self, request: Request) -> Result<Response, TransportError> {
        let mut state = self.state.lock().await;
        state.calls += 1;
        let crashes = state.life > 0 && state.calls.is_multiple_of(state.life);
        let (before, after) = (crashes && state.calls / state.life % 2 == 0, crashes);
        if before {
            self.crash(&mut state).await;
            return Err(TransportError::new(TransportErrorKind::Interrupted, Sent::Unknown, "it crashed"));
        }
        let answer = state.service.transport().send(request).await;
        if after {
            self.crash(&mut state).await;
            return Err(TransportError::new(TransportErrorKind::Interrupted, Sent::Unknown, "it crashed"));
        }
        answer
    }
}

impl Transport for World {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        // On a thread that blocks, for which a paused clock waits.
        let world = self.clone();
        spawn_blocking(move || world.runtime.block_on(world.meet(request))).await.unwrap()
    }
}

async fn open(folder: &Path, clock: &Clock, ids: &Ids) -> Service {
    let config = Config { data: folder.to_owned(), ..Config::default() };
    Service::open_with(config, clock.clone(), ids.clone()).await.unwrap()
}

/// Each file as it is: uploads before the databases, which no call adds to meanwhile but an import that ends takes away, and a
/// database before its log: what the log has gained meanwhile is as if it had come a moment before.
fn copy(from: &Path, to: &Path) {
    let mut entries: Vec<_> = fs::read_dir(from).unwrap().map(Result::unwrap).collect();
    entries.sort_by_key(|entry| (entry.file_type().unwrap().is_file(), entry.file_name()));
    for entry in entries {
        let (name, target) = (entry.file_name(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else if !name.to_string_lossy().ends_with("-shm") {
            // A spooled or temporary file may be gone by now, as its import has ended.
            let _ = fs::copy(entry.path(), target);
        }
    }
}
