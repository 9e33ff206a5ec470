//! Logs for whoever asks for them: to standard error, never with a token or a plain user id.

use std::env;
use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use crate::printer::Printer;
use crate::settings::LogFormat;

/// The variable that sets the filter itself.
const VARIABLE: &str = "FANPASS_LOG";

/// Starts logging: warnings by default, more with each `-v`; `FANPASS_LOG` sets the filter itself.
pub fn start(verbosity: u8, format: LogFormat, printer: Printer) {
    let level = match verbosity {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let filter = env::var(VARIABLE).ok().filter(|wanted| !wanted.is_empty()).and_then(|wanted| {
        EnvFilter::try_new(&wanted)
            .inspect_err(|error| {
                printer.note(&format!("warning: {VARIABLE} is no filter ({error}); logging at `{level}`"));
            })
            .ok()
    });
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|| EnvFilter::new(level)))
        .with_writer(io::stderr)
        // It would say so on standard error, and panic if that cannot be written either: whatever is logged would be cut short.
        .log_internal_errors(false)
        // Escapes in a file or a journal are in nobody's way but the reader's.
        .with_ansi(io::stderr().is_terminal());
    match format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
}
