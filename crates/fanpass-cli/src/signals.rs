//! The signals that ask a process to end.

#[cfg(unix)]
use std::future::poll_fn;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
#[cfg(unix)]
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::{Notify, oneshot};

use crate::exit::Exit;
use crate::failure::failure;

/// How many parts of the command end in an order of their own.
static CLAIMS: AtomicUsize = AtomicUsize::new(0);

/// A claim that nobody drops.
static FOR_GOOD: Claim = Claim(());

/// Hands a signal on to whoever has claimed it; one listener alone, so that none is lost between two.
static HANDED_ON: Notify = Notify::const_new();

/// Whether the command is to end.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How long a command that is to end may take to notice.
const GRACE: Duration = Duration::from_millis(500);

/// While it lives, signals are left to whoever holds it, in commands that run beside [`watch`].
#[derive(Debug)]
pub struct Claim(());

impl Claim {
    pub fn new() -> Self {
        CLAIMS.fetch_add(1, Ordering::Relaxed);
        Self(())
    }

    /// Until the process ends: what has begun to send gives its account, whenever the signals come. Fails if one has come.
    pub fn for_good() -> Result<&'static Self> {
        CLAIMS.fetch_add(1, Ordering::Relaxed);
        check().map(|()| &FOR_GOOD)
    }

    /// Resolves at a signal that came since there is a claim, and that nobody was told of.
    pub async fn stopped(&self) {
        HANDED_ON.notified().await;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        CLAIMS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Fails if the command is to end: what reads for long asks now and then, and once more before anything is sent.
pub fn check() -> Result<()> {
    if INTERRUPTED.load(Ordering::Relaxed) {
        return Err(failure(Exit::Interrupted, "interrupted while reading; nothing was sent"));
    }
    Ok(())
}

/// Watches, beside the command, for the first signal that nobody has [claimed](Claim), and tells of it.
///
/// A command that waits for standard input, or for a pipe that nobody writes to, blocks its thread and cannot be told:
/// if the process is still there after [`GRACE`], `end` is called. For the same reason the watch has a thread of its own.
pub fn watch(end: impl FnOnce() + Send + 'static) -> io::Result<oneshot::Receiver<()>> {
    let (tell, told) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stops = {
        let _entered = runtime.enter();
        Stops::listen()
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(unclaimed(stops));
        INTERRUPTED.store(true, Ordering::Relaxed);
        // Whoever is gone has ended already.
        let _ = tell.send(());
        thread::sleep(GRACE);
        end();
    })?;
    Ok(told)
}

async fn unclaimed(mut stops: Stops) {
    loop {
        stops.next().await;
        if CLAIMS.load(Ordering::Relaxed) == 0 {
            return;
        }
        HANDED_ON.notify_one();
    }
}

/// Resolves at the first signal. At the next one, which none of what follows takes notice of, `end` is called.
pub async fn stop_unless_again(end: impl FnOnce() + Send + 'static) {
    let mut stops = Stops::listen();
    stops.next().await;
    tokio::spawn(async move {
        stops.next().await;
        end();
    });
}

/// Ctrl-C, the termination signal, and the end of the terminal: none that comes from here on is missed.
#[cfg(unix)]
struct Stops(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Stops {
    /// To be called where a runtime is entered.
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};

        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
        if !hang_up_is_ignored() {
            kinds.push(SignalKind::hangup());
        }
        Self(kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect())
    }

    async fn next(&mut self) {
        let came = |context: &mut Context<'_>| {
            if self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready()) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        };
        poll_fn(came).await;
    }
}

/// Whether SIGHUP is to be left alone, as `nohup` has it, or where only Linux would tell.
#[cfg(unix)]
fn hang_up_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit is that of the first signal, which it is.
    mask.is_none_or(|mask| mask & 1 == 1)
}

/// Ctrl-C.
#[cfg(not(unix))]
struct Stops;

#[cfg(not(unix))]
impl Stops {
    fn listen() -> Self {
        Self
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
