//! `cargo xtask bench`: how fast requests and files leave this machine, beside what else could send them.
//!
//! Rates mean little on a machine that does other work, so all peers of a round run one after another against the same
//! sink, and what counts is the median of their ratios inside each round.

mod check;
mod ga4;
mod portal;
mod process;
mod push;
mod service;
mod single;
mod targeting;
mod tool;
mod upload;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use cargo_metadata::MetadataCommand;
use clap::{Args, ValueEnum};

/// What to measure, and how long.
#[derive(Debug, Args)]
pub struct Options {
    /// Rounds, of which medians are printed
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds that each peer pushes in each round
    #[arg(long, default_value_t = 2)]
    seconds: u32,
    /// Connections that push at a time
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Rows of the file that the tool pushes
    #[arg(long, default_value_t = 100_000)]
    rows: u32,
    /// Rows of the file that the ledger knows already
    #[arg(long, default_value_t = 1_000_000)]
    known: u32,
    /// MiB of the file that is uploaded
    #[arg(long, default_value_t = 1024)]
    upload_mib: u64,
    /// Ids of the files that the service imports, one file each
    #[arg(long, value_delimiter = ',', default_values_t = [1_000_000, 10_000_000])]
    ids: Vec<u32>,
    /// Users that the service holds when it is started again, or forwards
    #[arg(long, default_value_t = 1_000_000)]
    users: u32,
    /// Users that audiences are counted of, or that stand behind the Portal
    #[arg(long, default_value_t = 10_000_000)]
    targeted: u32,
    /// Folder that keeps what stands behind the Portal; one that is there already is used as it is
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Measure only these
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Part::Transports, Part::Tool, Part::Check, Part::Service, Part::Ga4])]
    parts: Vec<Part>,
}

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The transports, against sinks
    Transports,
    /// The tool, against a sink
    Tool,
    /// The tool's check of a file, beside the csv crate
    Check,
    /// The service
    Service,
    /// Audiences of many users; takes minutes and some gigabytes, so it is measured when it is named
    Targeting,
    /// The Portal in front of many users; likewise
    Portal,
    /// Its forwarding to GA4, to a sink
    Ga4,
}

/// Builds the clients and the sink as a release ships them and the tool as a first try does, measures, and prints tables
/// in Markdown.
///
/// # Errors
/// If something cannot be built or run.
pub fn run(top: &Path, options: &Options, out: &mut impl Write) -> Result<()> {
    ensure!(options.rounds > 0, "--rounds must be at least 1");
    let target =
        MetadataCommand::new().current_dir(top).no_deps().exec()?.target_directory.into_std_path_buf();
    let bench = target.join("dist/examples/bench");
    if options.parts.contains(&Part::Transports) {
        build(top, &["--profile", "dist", "--package", "fanpass-testkit", "--example", "bench"])?;
        push::run(&bench, options, out)?;
        upload::run(&bench, options, out)?;
    }
    if options.parts.contains(&Part::Tool) {
        build(top, &["--release", "--package", "fanpass-client", "--example", "inline_ids"])?;
        build(top, &["--release", "--package", "fanpass-cli"])?;
        let tool = target.join("release/fanpass");
        tool::run(&tool, options, out)?;
        single::run(&target.join("release/examples/inline_ids"), &tool, options, out)?;
    }
    if options.parts.contains(&Part::Check) {
        build(top, &["--release", "--package", "fanpass-table", "--example", "rates"])?;
        build(top, &["--release", "--package", "fanpass-cli"])?;
        check::run(&target.join("release/examples/rates"), &target.join("release/fanpass"), out)?;
    }
    if options.parts.contains(&Part::Service) {
        build(top, &["--profile", "dist", "--package", "fanpass-cli"])?;
        service::run(&target.join("dist/fanpass"), options, out)?;
    }
    if options.parts.contains(&Part::Targeting) {
        build(top, &["--profile", "dist", "--package", "fanpass-cli"])?;
        targeting::run(&target.join("dist/fanpass"), options, out)?;
    }
    if options.parts.contains(&Part::Portal) {
        build(top, &["--profile", "dist", "--package", "fanpass-cli"])?;
        portal::run(&target.join("dist/fanpass"), options, out)?;
    }
    if options.parts.contains(&Part::Ga4) {
        build(top, &["--profile", "dist", "--package", "fanpass-cli"])?;
        ga4::run(&target.join("dist/fanpass"), options, out)?;
    }
    Ok(())
}

fn build(top: &Path, arguments: &[&str]) -> Result<()> {
    let built = Command::new("cargo").args(["build", "--quiet"]).args(arguments).current_dir(top).status()?;
    ensure!(built.success(), "cannot build {}", arguments.join(" "));
    Ok(())
}

/// The middle value, as a table shows it; nothing if there is none.
fn median(mut values: Vec<f64>, digits: usize) -> String {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).map(|value| format!("{value:.digits$}")).unwrap_or_default()
}
