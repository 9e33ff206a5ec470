//! The `fanpass` tool: reads the command line, runs one command, and ends with one of the exit codes of [`exit`].
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::doc_markdown,
    reason = "a binary: its documentation is its help"
)]
#![allow(clippy::unused_self, reason = "commands without arguments run as the others do")]

mod attribute_file;
mod cli;
mod commands;
mod exit;
mod failure;
mod feed;
mod input;
mod lines;
mod local;
mod logging;
mod printer;
mod private_file;
mod profile;
mod progress;
mod progress_line;
mod quoting;
mod runtime;
mod session;
mod settings;
mod signals;
mod source;
mod target;
mod temporary;
mod usage;

use std::process::{self, ExitCode};
use std::time::Duration;

use crate::cli::{Cli, Command, Global};
use crate::commands::users;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::settings::LogFormat;

fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => return usage::tell(&error),
    };
    let printer = Printer::new(cli.global.json, cli.global.quiet);
    let exit = run(cli, printer).unwrap_or_else(|error| {
        if failure::is_broken_pipe(&error) {
            return Exit::Done;
        }
        let exit = failure::exit_of(&error);
        printer.error(&error, exit);
        exit
    });
    exit.into()
}

fn run(cli: Cli, printer: Printer) -> anyhow::Result<Exit> {
    let Cli { global, command } = cli;
    // It says itself in which form it logs.
    if !matches!(command, Command::Serve(_)) {
        logging::start(global.verbose, LogFormat::Text, printer);
    }
    let is_bulk =
        matches!(command, Command::Users(users::Command::Push(_)) | Command::Apply(_) | Command::Rejects(_));
    let runtime = runtime::new(is_bulk && !global.local)?;
    let outcome = if matches!(command, Command::Serve(_)) {
        // It ends by signals in an orderly way of its own.
        runtime.block_on(dispatch(command, &global, printer))
    } else {
        // What only reads leaves nothing with a service.
        let left = (!matches!(command, Command::Check(_))).then(|| session::goes_on(global.local));
        let interrupted = signals::watch(move || {
            printer.error(&interruption(left), Exit::Interrupted);
            process::exit(Exit::Interrupted.code().into());
        })?;
        runtime.block_on(async {
            tokio::select! {
                biased;
                _ = interrupted => Err(interruption(left)),
                outcome = dispatch(command, &global, printer) => outcome,
            }
        })
    };
    // A thread that waits for standard input would hold up an interrupted process for good.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

fn interruption(left: Option<&str>) -> anyhow::Error {
    let left = left.unwrap_or("nothing was sent");
    failure::failure(Exit::Interrupted, format!("interrupted; {left}"))
}

async fn dispatch(command: Command, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    match command {
        Command::Check(command) => command.run(global, printer).await,
        Command::Segments(command) => command.run(global, printer).await,
        Command::Users(command) => command.run(global, printer).await,
        Command::Plan(command) => command.run(global, printer).await,
        Command::Apply(command) => command.run(global, printer).await,
        Command::Runs(command) => command.run(printer),
        Command::Rejects(command) => command.run(global, printer).await,
        Command::Attributes(command) => command.run(global, printer).await,
        Command::Audiences(command) => command.run(global, printer).await,
        Command::Tokens(command) => command.run(global, printer).await,
        Command::Keys(command) => command.run(global, printer).await,
        Command::Audit(command) => command.run(global, printer).await,
        Command::Auth(command) => command.run(global, printer),
        Command::Serve(command) => command.run(global, printer).await,
        Command::Faults(command) => command.run(global, printer).await,
        Command::Ga4(command) => command.run(global, printer).await,
        Command::Fsck(command) => command.run(global, printer),
        Command::Snapshot(command) => command.run(global, printer),
        Command::Restore(command) => command.run(global, printer),
        Command::Reset(command) => command.run(global, printer),
        Command::SupportBundle(command) => command.run(global, printer),
        Command::Completions(command) => command.run(),
        Command::Man(command) => command.run(printer),
    }
}
