//! What is wrong with a command line, as clap says it, or as JSON where that was asked for.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::cli::UNBROKEN;
use crate::exit::Exit;
use crate::lines::OUTPUT;
use crate::printer::Printer;

/// What to do where clap has no advice of its own.
const HELP: &str = "--help lists what the command takes";

/// Says what clap has to say, help and version included, and gives the exit code.
pub fn tell(error: &clap::Error) -> ExitCode {
    let json =
        std::env::args_os().take_while(|argument| argument != "--").any(|argument| argument == "--json");
    if json && error.use_stderr() {
        let (message, hint) = in_short(error);
        Printer::new(true, false).failure(&message, Some(&hint), &[], Exit::Usage);
        return Exit::Usage.into();
    }
    let text = error.render().ansi().to_string().replace(UNBROKEN, " ");
    // Nobody is left to tell when the stream itself is gone.
    if error.use_stderr() {
        let _ = write!(anstream::stderr(), "{text}");
        return Exit::Usage.into();
    }
    let mut out = anstream::stdout();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Printer::new(json, false).failure(&format!("{OUTPUT}: {error}"), None, &[], Exit::Failed);
            Exit::Failed.into()
        }
        _ => Exit::Done.into(),
    }
}

/// The first paragraph, which names the slip, and the advice behind it, each on one line.
fn in_short(error: &clap::Error) -> (String, String) {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return ("a command is missing".to_owned(), HELP.to_owned());
    }
    let text = error.render().to_string();
    let (message, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
    let tips: Vec<_> = rest.lines().filter_map(|line| line.trim().strip_prefix("tip: ")).collect();
    let message: Vec<_> = message.trim_start_matches("error: ").split_whitespace().collect();
    (message.join(" "), if tips.is_empty() { HELP.to_owned() } else { tips.join("; ") })
}
