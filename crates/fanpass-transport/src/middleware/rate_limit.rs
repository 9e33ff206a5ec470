//! Holds attempts to a steady rate.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::Either;
use tokio::time::{Instant, sleep_until};

use crate::{Request, Response, Transport, TransportError};

/// A rate that attempts are held to: evenly spaced, no bursts. Shared by all transports that it is given to.
#[derive(Debug)]
pub struct RateLimit {
    interval: Duration,
    next: Mutex<Option<Instant>>,
}

impl RateLimit {
    /// At most one attempt each `interval`, by which a rate of n a second is `Duration::from_secs(1) / n`.
    pub fn every(interval: Duration) -> Self {
        Self { interval, next: Mutex::new(None) }
    }

    /// Takes the next free slot and waits for it. A waiter that gives up leaves its slot unused.
    async fn wait(&self) {
        let slot = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let slot = next.map_or(now, |next| next.max(now));
            *next = Some(slot + self.interval);
            slot
        };
        sleep_until(slot).await;
    }
}

/// Sends each attempt in the next free slot of a [`RateLimit`].
#[derive(Debug)]
pub struct RateLimited<T> {
    inner: T,
    limit: Option<Arc<RateLimit>>,
}

impl<T: Transport> RateLimited<T> {
    /// Holds `inner` to a limit, if there is one.
    pub fn new(inner: T, limit: Option<Arc<RateLimit>>) -> Self {
        Self { inner, limit }
    }
}

impl<T: Transport> Transport for RateLimited<T> {
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        let Some(limit) = &self.limit else { return Either::Left(self.inner.send(request)) };
        Either::Right(Box::pin(async move {
            limit.wait().await;
            self.inner.send(request).await
        }))
    }
}
