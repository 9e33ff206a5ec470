//! Logs for whoever asks for them: to standard error, never with a token or a plain user id.

use std::io;

use tracing_subscriber::EnvFilter;

/// Starts logging: warnings by default, more with each `-v`; `FANPASS_LOG` sets the filter itself.
pub fn start(verbosity: u8) {
    let level = match verbosity {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_env("FANPASS_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
}
