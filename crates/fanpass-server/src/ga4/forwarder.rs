//! The task that empties the outbox: several requests at a time, of one user never more than one.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fanpass_model::{AttributeKey, UserId};
use fanpass_transport::middleware::AttemptTimeout;
use fanpass_transport::{DynTransport, Transport as _};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use super::attempt::{Answer, send};
use super::payload::compose;
use super::standing::{LONGEST, microseconds, wait};
use super::target::Target;
use crate::app::App;
use crate::store::{Fate, Letter};

/// After how long it looks again for what has become due.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// How long nothing is sent when the storage cannot be read or written.
const STORAGE_PAUSE: Duration = Duration::from_secs(1);
/// Attempts that a change gets at least.
const ATTEMPTS_MIN: u32 = 10;
/// Letters under way for each request under way: while some are written off, others are sent.
const LETTERS_PER_REQUEST: usize = 4;

/// The running task, if it runs. It ends with this.
#[derive(Debug, Default)]
pub(crate) struct Forwarder(Mutex<Option<Running>>);

#[derive(Debug)]
struct Running {
    /// Dropped to say that no more letters are to be taken up.
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Forwarder {
    /// Begins, unless it has begun or nothing is to be forwarded.
    pub(crate) fn start(&self, app: &Arc<App>, transport: DynTransport) {
        let Some(target) = app.forwarding.target.clone() else { return };
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_some() {
            return;
        }
        let timeout = app.forwarding.options.timeout;
        let requests = app.forwarding.options.concurrency.get();
        let sender = Arc::new(Sender {
            app: Arc::clone(app),
            target,
            transport: AttemptTimeout::new(transport, timeout).into_dyn(),
            slots: Semaphore::new(requests.min(Semaphore::MAX_PERMITS)),
        });
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(run(sender, requests.saturating_mul(LETTERS_PER_REQUEST), stopped));
        *running = Some(Running { stop, task });
    }

    /// Takes no more letters and waits, `at_most` so long, for those under way. What is cut off is sent again at the next start.
    pub(crate) async fn stop(&self, at_most: Duration) {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { stop, mut task }) = running {
            drop(stop);
            if tokio::time::timeout(at_most, &mut task).await.is_err() {
                task.abort();
                // Ended by force.
                let _ = task.await;
            }
        }
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        if let Some(running) = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            running.task.abort();
        }
    }
}

/// Takes letters up as there is room for them, until it is stopped; then waits for those under way.
async fn run(sender: Arc<Sender>, most: usize, mut stopped: oneshot::Receiver<()>) {
    let mut under_way = JoinSet::new();
    let mut users = HashSet::new();
    loop {
        // Looking for few would be looking often.
        let room = most.saturating_sub(under_way.len());
        let looks = room >= most / 2;
        let mut others_wait = false;
        if looks && !sender.is_paused() {
            match sender.app.store.letters(room + users.len(), microseconds(LONGEST)).await {
                Ok((letters, wait)) => {
                    others_wait = wait;
                    let mut fresh = letters.into_iter().filter(|letter| !users.contains(&letter.user));
                    for letter in fresh.by_ref().take(room).collect::<Vec<_>>() {
                        users.insert(letter.user.clone());
                        under_way.spawn(Arc::clone(&sender).deliver(letter));
                    }
                }
                Err(error) => sender.storage_failed(&error),
            }
        }
        let ticks = others_wait || sender.is_paused();
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            done = under_way.join_next(), if !under_way.is_empty() => finished(done, &mut users),
            () = sender.app.store.noted(), if looks => {}
            () = tokio::time::sleep(LOOK_AGAIN), if ticks => {}
        }
        while let Some(done) = under_way.try_join_next() {
            finished(Some(done), &mut users);
        }
    }
    while under_way.join_next().await.is_some() {}
}

fn finished(done: Option<Result<UserId, tokio::task::JoinError>>, users: &mut HashSet<UserId>) {
    match done {
        Some(Ok(user)) => drop(users.remove(&user)),
        // Whose it was is not known any more; that user's letters wait for the next start.
        Some(Err(error)) => tracing::error!(%error, "forwarding a letter failed"),
        None => {}
    }
}

/// What all letters are sent with.
#[derive(Debug)]
struct Sender {
    app: Arc<App>,
    target: Target,
    transport: DynTransport,
    slots: Semaphore,
}

impl Sender {
    fn now(&self) -> i64 {
        self.app.store.clock().now().as_microsecond()
    }

    fn is_paused(&self) -> bool {
        self.app.forwarding.paused_until(self.app.store.clock().now()).is_some()
    }

    fn storage_failed(&self, error: &crate::store::StoreError) {
        tracing::warn!(%error, "forwarding to GA4 pauses");
        self.app.forwarding.pause(STORAGE_PAUSE, self.now());
    }

    /// Tries a letter once and writes down what became of it.
    async fn deliver(self: Arc<Self>, letter: Letter) -> UserId {
        let user = letter.user.clone();
        let began = self.now();
        let Some(fate) = self.attempt(&letter).await else { return user };
        if let Err(error) = self.app.store.settle(letter, fate, began).await {
            // It stays in the outbox and is sent again.
            self.storage_failed(&error);
        }
        user
    }

    /// Sends what a letter says; nothing is tried while forwarding pauses.
    async fn attempt(&self, letter: &Letter) -> Option<Fate> {
        let Ok(_slot) = self.slots.acquire().await else { return None };
        if self.is_paused() {
            return None;
        }
        let composed = match compose(letter, &self.target, self.now()) {
            Ok(composed) => composed,
            Err(error) => return Some(Fate::Over(self.refuse(letter, &error.to_string()))),
        };
        let metrics = &self.app.metrics;
        for (body, values) in composed.requests {
            match send(&self.transport, &self.target, body).await {
                Answer::Taken => {
                    self.app.forwarding.succeeded(values);
                    metrics.forwarded("sent", values);
                }
                Answer::Refused(reason) => return Some(Fate::Over(self.refuse(letter, &reason))),
                Answer::Later(reason, asked) => {
                    metrics.forwarded("retried", values);
                    return Some(self.later(letter, &reason, asked));
                }
            }
        }
        if let Some((_, reason)) = composed.refused.first() {
            tracing::debug!(reason, "an attribute does not reach GA4");
        }
        metrics.forwarded("refused", u64::try_from(composed.refused.len()).unwrap_or(u64::MAX));
        Some(Fate::Over(composed.refused))
    }

    /// All of a letter as dead letters.
    fn refuse(&self, letter: &Letter, reason: &str) -> Vec<(AttributeKey, String)> {
        tracing::warn!(reason, "changes do not reach GA4; `fanpass ga4 dead` lists them");
        self.app.forwarding.refused(reason);
        let dead: Vec<_> = letter.changed.keys().map(|key| (key.clone(), reason.to_owned())).collect();
        self.app.metrics.forwarded("refused", u64::try_from(dead.len()).unwrap_or(u64::MAX));
        dead
    }

    /// Another attempt after a while, or none when there were enough.
    fn later(&self, letter: &Letter, reason: &str, asked: Option<Duration>) -> Fate {
        let now = self.now();
        tracing::debug!(reason, attempts = letter.attempts, "GA4 did not take a letter");
        self.app.forwarding.failed(reason, asked, now);
        let attempts = letter.attempts.saturating_add(1);
        let until = letter.since.saturating_add(microseconds(self.app.forwarding.options.retry_for));
        if attempts >= ATTEMPTS_MIN && now >= until {
            let reason = format!("tried {attempts} times, the last time: {reason}");
            return Fate::Over(self.refuse(letter, &reason));
        }
        let wait = asked.unwrap_or_default().max(wait(letter.attempts, seed(letter)));
        Fate::Again(now.saturating_add(microseconds(wait)))
    }
}

/// Spreads the attempts of many users that failed together.
fn seed(letter: &Letter) -> u64 {
    let mut hasher = DefaultHasher::new();
    (letter.user.as_str(), letter.attempts).hash(&mut hasher);
    hasher.finish()
}
