//! Follows an import until it is over, asking less and less often.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use fanpass_model::operations::GET_SEGMENT_IMPORT_STATUS;
use fanpass_model::{ImportId, ImportState, ImportStatus};
use futures_core::Stream;
use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{Client, Error, ErrorKind};

/// How to wait for an import.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitOptions {
    /// The pause after the first answer; the first question is asked at once. Default: 50 ms.
    pub first_delay: Duration,
    /// By how much each pause is longer than the one before it; less than 1 counts as 1. Default: 1.1: an
    /// import is seen to be over at most a tenth later than it is, and 50 ms.
    pub growth: f64,
    /// What the pauses grow to. Default: 10 s.
    pub max_delay: Duration,
    /// How long to wait in all. Default: 1 hour.
    pub timeout: Duration,
    /// How many questions in a row may fail for reasons that can pass, each after its own retries. Default: 5.
    pub tolerated_failures: u32,
}

impl Default for WaitOptions {
    fn default() -> Self {
        Self {
            first_delay: Duration::from_millis(50),
            growth: 1.1,
            max_delay: Duration::from_secs(10),
            timeout: Duration::from_hours(1),
            tolerated_failures: 5,
        }
    }
}

/// The progress of an import: a status for each answer. It ends behind the status that says `completed`, `failed` or `cancelled`,
/// or behind the first error.
///
/// A state that this version does not know counts as under way. Dropping it stops the asking; the import goes on.
#[must_use = "nothing is asked until it is polled"]
pub struct ImportProgress(Pin<Box<dyn Stream<Item = Result<ImportStatus, Error>> + Send>>);

impl Client {
    /// Follows an import until it is over, from the id that its receipt names.
    ///
    /// The stream ends with [`ErrorKind::TimedOut`] when the import is still under way after
    /// [`WaitOptions::timeout`], and with what its last question came to when the status cannot be had. An import that
    /// failed is no error here but the last status.
    pub fn wait_for_import(&self, import: &ImportId, options: WaitOptions) -> ImportProgress {
        let waiting = Waiting::new(self.clone(), import.clone(), options);
        ImportProgress(Box::pin(stream::unfold(Some(waiting), |waiting| async move {
            let mut waiting = waiting?;
            let item = waiting.next().await;
            let over = !matches!(&item, Ok(status) if !is_over(status));
            Some((item, (!over).then_some(waiting)))
        })))
    }
}

fn is_over(status: &ImportStatus) -> bool {
    matches!(status.status, ImportState::Completed | ImportState::Failed | ImportState::Cancelled)
}

impl ImportProgress {
    /// Waits for the end: the status that says `completed`, `failed` or `cancelled`.
    ///
    /// # Errors
    /// As [`Client::wait_for_import`]; [`ErrorKind::InvalidRequest`] if it was read to its end before.
    pub async fn finish(mut self) -> Result<ImportStatus, Error> {
        let mut last = None;
        while let Some(status) = self.next().await {
            last = Some(status?);
        }
        last.ok_or_else(|| {
            let message = "the progress was read to its end before; wait for the import again";
            Error::unsent(ErrorKind::InvalidRequest, message)
        })
    }
}

impl Stream for ImportProgress {
    type Item = Result<ImportStatus, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl fmt::Debug for ImportProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ImportProgress")
    }
}

struct Waiting {
    client: Client,
    import: ImportId,
    options: WaitOptions,
    /// When the wait began: with the first question.
    started: Option<Instant>,
    next_question: Option<Instant>,
    delay: Duration,
    last_state: Option<ImportState>,
}

impl Waiting {
    fn new(client: Client, import: ImportId, options: WaitOptions) -> Self {
        let delay = options.first_delay;
        Self { client, import, options, started: None, next_question: None, delay, last_state: None }
    }

    /// The next status that can be had.
    async fn next(&mut self) -> Result<ImportStatus, Error> {
        let started = *self.started.get_or_insert_with(Instant::now);
        let deadline = started + self.options.timeout;
        let mut failures = 0;
        let mut last_failure = None;
        loop {
            if let Some(time) = self.next_question {
                sleep_until(time.min(deadline)).await;
                if time >= deadline {
                    return Err(self.timed_out(started, last_failure));
                }
            }
            let Ok(answer) = timeout_at(deadline, self.client.import_status(&self.import)).await else {
                return Err(self.timed_out(started, last_failure));
            };
            let asked_to_wait = match &answer {
                Ok(_) => None,
                Err(error) if error.is_transient() && failures < self.options.tolerated_failures => {
                    error.retry_after()
                }
                Err(_) => return answer,
            };
            self.next_question = Some(Instant::now() + self.delay.max(asked_to_wait.unwrap_or_default()));
            self.delay = longer(self.delay, &self.options);
            match answer {
                Ok(status) => {
                    self.last_state = Some(status.status.clone());
                    return Ok(status);
                }
                Err(error) => {
                    failures += 1;
                    last_failure = Some(error);
                }
            }
        }
    }

    fn timed_out(&self, started: Instant, last_failure: Option<Error>) -> Error {
        let elapsed = started.elapsed();
        let state = self.last_state.as_ref().map_or("not known", ImportState::as_str);
        let message = format!(
            "import {} is not over after {} s (its state: {state}); it goes on without this wait: ask for its status later",
            self.import,
            elapsed.as_secs(),
        );
        let host = self.client.requests().base().host();
        Error::waited(message, last_failure).of_call(&GET_SEGMENT_IMPORT_STATUS, host, None, 0, elapsed)
    }
}

/// The pause after `delay`.
fn longer(delay: Duration, options: &WaitOptions) -> Duration {
    let grown = delay.as_secs_f64() * options.growth.max(1.0);
    Duration::try_from_secs_f64(grown).unwrap_or(options.max_delay).min(options.max_delay)
}
