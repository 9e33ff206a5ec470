//! What stands where: the top level, folders of generated files, and what the contract asks for.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};

use super::{Finding, Workspace, fixtures};
use crate::codegen;
use crate::contract::{self, Contract};

/// What the top level holds, besides names that begin with a dot.
const TOP_LEVEL: &[&str] =
    &["Cargo.lock", "Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "crates", "docs", "xtask"];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = top_level(workspace);
    findings.extend(by_contract(workspace).unwrap_or_else(|error| {
        vec![Finding::new(
            contract::PATH,
            format!("{error:#}"),
            "mend the contract, then `cargo xtask codegen`",
        )]
    }));
    findings
}

fn top_level(workspace: &Workspace) -> Vec<Finding> {
    let names = workspace.files.keys().filter_map(|path| path.iter().next()?.to_str());
    let names: BTreeSet<&str> = names.collect();
    let foreign = names.iter().filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(name));
    let foreign = foreign.map(|name| {
        let mend = "move it under crates/, docs/, xtask/ or a dotted folder";
        Finding::new(*name, "does not belong on the top level", mend)
    });
    let missing = TOP_LEVEL.iter().filter(|name| !names.contains(**name));
    let missing = missing.map(|name| Finding::new(*name, "is missing", "restore it"));
    foreign.chain(missing).collect()
}

/// Files in generated folders that no generator gives, and fixtures that are missing.
fn by_contract(workspace: &Workspace) -> Result<Vec<Finding>> {
    let text = |path: &str| workspace.files.get(Path::new(path)).context("is missing");
    let contract = Contract::parse(text(contract::PATH)?, text(contract::CATALOGUE_PATH)?)?;
    let generated = codegen::generate(&contract)?;
    let in_folder = |path: &Path| codegen::FOLDERS.iter().any(|folder| path.starts_with(folder));
    let orphans = workspace.files.keys().filter(|path| in_folder(path) && !generated.contains_key(*path));
    let mend = "run `cargo xtask codegen`, which deletes it, or move it elsewhere";
    let orphans =
        orphans.map(|path| Finding::new(path, "stands among generated files, and none made it", mend));
    Ok(orphans.chain(fixtures::missing(workspace, &contract)).collect())
}
