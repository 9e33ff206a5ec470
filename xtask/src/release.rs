//! What must hold before a release, and the order in which crates are published. Nothing is published here.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::tidy::{Finding, Package, Workspace};

/// Where the changes of each version stand.
const CHANGELOG: &str = "docs/changelog.md";

/// What stands in the way of a release: versions that disagree, a changelog without an entry.
///
/// # Errors
///
/// A workspace without a root manifest, or with one that is no TOML.
pub fn check(workspace: &Workspace) -> Result<Vec<Finding>> {
    let manifest = workspace.files.get(Path::new("Cargo.toml")).context("there is no Cargo.toml")?;
    let manifest: toml::Table = manifest.parse().context("Cargo.toml")?;
    let section = |name: &str| manifest.get("workspace").and_then(|table| table.get(name));
    let version = section("package").and_then(|package| package.get("version")?.as_str());
    let version = version.context("Cargo.toml: [workspace.package] has no version")?;

    let mut findings = Vec::new();
    for package in published(workspace) {
        if package.version != version {
            let problem = format!("version {} is not the workspace's {version}", package.version);
            findings.push(Finding::new(
                package.folder.join("Cargo.toml"),
                problem,
                "set `version.workspace = true`",
            ));
        }
        let dependency = section("dependencies").and_then(|all| all.get(&package.name));
        let required = dependency.and_then(|dependency| dependency.get("version")?.as_str());
        if dependency.is_some() && required != Some(version) {
            let problem =
                format!("[workspace.dependencies] asks for `{}` {}", package.name, required.unwrap_or("?"));
            findings.push(Finding::new("Cargo.toml", problem, format!("ask for {version}")));
        }
    }
    let changelog = workspace.files.get(Path::new(CHANGELOG)).map_or("", String::as_str);
    let heading = format!("## [{version}]");
    if !changelog.lines().any(|line| line.starts_with(&heading)) {
        let mend = format!("write what changed under `{heading} - YYYY-MM-DD`");
        findings.push(Finding::new(CHANGELOG, format!("has no entry for {version}"), mend));
    }
    Ok(findings)
}

/// The crates to publish, each behind those that it uses.
pub fn publish_order(workspace: &Workspace) -> Vec<&Package> {
    let mut left: Vec<&Package> = published(workspace).collect();
    let mut done = BTreeSet::new();
    let mut order = Vec::new();
    while let Some(index) = left.iter().position(|package| package.uses.is_subset(&done)) {
        let package = left.remove(index);
        done.insert(package.name.clone());
        order.push(package);
    }
    order
}

/// The files that `package` would be published with.
///
/// # Errors
///
/// `cargo package` refuses, for one because of changes that are not committed, or the README is not among them.
pub fn packaged_files(top: &Path, package: &Package) -> Result<Vec<String>> {
    let cargo =
        Command::new("cargo").current_dir(top).args(["package", "--list", "-p", &package.name]).output();
    let output = cargo.context("cannot start cargo")?;
    let name = &package.name;
    ensure!(output.status.success(), "cargo package {name}: {}", String::from_utf8_lossy(&output.stderr));
    let files: Vec<String> = String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect();
    ensure!(files.iter().any(|file| file == "README.md"), "{name} would be published without its README.md");
    Ok(files)
}

fn published(workspace: &Workspace) -> impl Iterator<Item = &Package> {
    workspace.packages.iter().filter(|package| package.published)
}
