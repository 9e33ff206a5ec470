//! `cargo xtask`: the command line of the workspace's tasks.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use xtask::bench;
use xtask::codegen;
use xtask::collection::Collection;
use xtask::contract::{self, Contract};
use xtask::release;
use xtask::tidy::{self, Finding, Workspace};

/// Tasks of the FanPass workspace
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Measures requests and uploads beside wrk and curl; prints tables in Markdown
    Bench(bench::Options),
    /// Writes what is generated from the contract: wire types, operation table, reference, Postman collection
    Codegen {
        /// Write nothing; list what differs and exit with 1 if anything does
        #[arg(long)]
        check: bool,
    },
    /// Questions about the contract
    #[command(subcommand)]
    Contract(ContractTask),
    /// Checks the house rules: layers, layout, preambles, file lengths, snapshots
    Tidy {
        /// What `cargo test` wrote with `INSTA_SNAPSHOT_REFERENCES_FILE` set to this path; finds unused snapshots
        #[arg(long, value_name = "FILE")]
        used_snapshots: Option<PathBuf>,
    },
    /// Checks that a release could be made, and prints how; publishes nothing
    Release,
}

#[derive(Debug, Subcommand)]
enum ContractTask {
    /// Compares the contract with a vendor's Postman collection (v2.0 or v2.1)
    Diff {
        /// The exported collection
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    run(Arguments::parse().task).unwrap_or_else(|error| {
        // Nothing is left to do if standard error is closed.
        let _ = writeln!(io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(task: Task) -> Result<ExitCode> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask stands in no workspace")?;
    match task {
        Task::Bench(options) => {
            bench::run(top, &options, &mut io::stdout().lock())?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Codegen { check } => run_codegen(top, check),
        Task::Contract(ContractTask::Diff { file }) => run_diff(top, &file),
        Task::Tidy { used_snapshots } => run_tidy(top, used_snapshots.as_deref()),
        Task::Release => run_release(top),
    }
}

fn run_codegen(top: &Path, check: bool) -> Result<ExitCode> {
    let contract = Contract::read(top)?;
    let files = codegen::generate(&contract)?;
    let mismatches = if check { codegen::compare(top, &files)? } else { codegen::write(top, &files)? };
    let mut out = io::stdout().lock();
    for (path, mismatch) in &mismatches {
        writeln!(out, "{mismatch:<8} {}", path.display())?;
    }
    if check && !mismatches.is_empty() {
        writeln!(out, "{} generated files differ; run `cargo xtask codegen`", mismatches.len())?;
        return Ok(ExitCode::FAILURE);
    }
    writeln!(out, "{} generated files are up to date", files.len())?;
    Ok(ExitCode::SUCCESS)
}

fn run_diff(top: &Path, file: &Path) -> Result<ExitCode> {
    let read = || Collection::parse(&fs::read_to_string(file)?);
    let collection = read().with_context(|| format!("cannot read {}", file.display()))?;
    let differences = contract::diff(&Contract::read(top)?, &collection);
    let mut out = io::stdout().lock();
    for difference in &differences {
        writeln!(out, "{difference}")?;
    }
    if differences.is_empty() {
        writeln!(out, "contract and collection agree")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{} differences; docs/contract.md says how to change the contract", differences.len())?;
    Ok(ExitCode::FAILURE)
}

fn run_tidy(top: &Path, used_snapshots: Option<&Path>) -> Result<ExitCode> {
    report("tidy", &tidy::check(&Workspace::read(top, used_snapshots)?))
}

fn run_release(top: &Path) -> Result<ExitCode> {
    let workspace = Workspace::read(top, None)?;
    let findings = release::check(&workspace)?;
    if !findings.is_empty() {
        return report("release", &findings);
    }
    let mut out = io::stdout().lock();
    for package in release::publish_order(&workspace) {
        let files = release::packaged_files(top, package)?;
        writeln!(out, "cargo publish -p {:<28} # {}, {} files", package.name, package.version, files.len())?;
    }
    writeln!(out, "cargo build --profile dist -p fanpass-cli")?;
    Ok(ExitCode::SUCCESS)
}

fn report(task: &str, findings: &[Finding]) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    for finding in findings {
        writeln!(out, "{finding}")?;
    }
    let errors = findings.iter().filter(|finding| !finding.warning).count();
    writeln!(out, "{task}: errors: {errors}, warnings: {}", findings.len() - errors)?;
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
