//! The signals that ask a process to end.

use std::io;
#[cfg(unix)]
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use futures_util::FutureExt as _;
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
    let mut unclaimed = Box::pin(unclaimed());
    // From here on no signal is missed, whenever the thread begins.
    let came = {
        let _entered = runtime.enter();
        (&mut unclaimed).now_or_never().is_some()
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if !came {
            runtime.block_on(unclaimed);
        }
        INTERRUPTED.store(true, Ordering::Relaxed);
        // Whoever is gone has ended already.
        let _ = tell.send(());
        thread::sleep(GRACE);
        end();
    })?;
    Ok(told)
}

async fn unclaimed() {
    loop {
        stop().await;
        if CLAIMS.load(Ordering::Relaxed) == 0 {
            return;
        }
        HANDED_ON.notify_one();
    }
}

/// Resolves at the first signal. At the next one, which none of what follows takes notice of, `end` is called.
pub async fn stop_unless_again(end: impl FnOnce() + Send + 'static) {
    stop().await;
    let mut again = Box::pin(stop());
    // From here on no signal is missed, whenever the task begins.
    let came = (&mut again).now_or_never().is_some();
    tokio::spawn(async move {
        if !came {
            again.await;
        }
        end();
    });
}

/// Resolves at the first Ctrl-C, termination signal, or end of the session.
pub async fn stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate() => {}
    }
}

#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{SignalKind, signal};
    let came = async |kind: SignalKind| match signal(kind) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        () = came(SignalKind::terminate()) => {}
        () = came(SignalKind::hangup()), if *HEEDS_HANGUP => {}
    }
}

/// Whether the end of the session is the end of the process: not under `nohup`, which has it ignored. It is asked before
/// anything listens, and answered by the system where it tells.
#[cfg(unix)]
static HEEDS_HANGUP: LazyLock<bool> = LazyLock::new(|| {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // A bit for each signal from 1 on, which is the hangup.
    ignored.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).is_some_and(|set| set & 1 == 0)
});

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}
