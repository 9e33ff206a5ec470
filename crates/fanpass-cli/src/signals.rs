//! The signals that ask a process to end.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Whether some part of the command ends in an order of its own.
static CLAIMED: AtomicBool = AtomicBool::new(false);

/// Hands a signal on to whoever has claimed it; one listener alone, so that none is lost between two.
static HANDED_ON: Notify = Notify::const_new();

/// While it lives, signals are left to whoever holds it, in commands that run beside [`unclaimed`].
#[derive(Debug)]
pub struct Claim(());

impl Claim {
    pub fn new() -> Self {
        CLAIMED.store(true, Ordering::Relaxed);
        Self(())
    }

    /// Resolves at a signal that came since the claim was made.
    pub async fn stopped(&self) {
        HANDED_ON.notified().await;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        CLAIMED.store(false, Ordering::Relaxed);
    }
}

/// Resolves at the first signal that nobody has [claimed](Claim).
pub async fn unclaimed() {
    loop {
        stop().await;
        if !CLAIMED.load(Ordering::Relaxed) {
            return;
        }
        HANDED_ON.notify_one();
    }
}

/// Resolves at the first Ctrl-C or termination signal.
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
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}
