//! Which package may use which.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Package, Workspace};

/// The packages of the workspace that each of ours may use to run, lowest layer first.
const LAYERS: &[(&str, &[&str])] = &[
    ("fanpass-model", &[]),
    ("fanpass-sorted", &[]),
    ("fanpass-table", &[]),
    ("fanpass-transport", &[]),
    ("fanpass-transport-reqwest", &["fanpass-transport"]),
    ("fanpass-transport-hyper", &["fanpass-transport"]),
    ("fanpass-client", &["fanpass-model", "fanpass-transport"]),
    ("fanpass-server", &["fanpass-model", "fanpass-sorted", "fanpass-table", "fanpass-transport"]),
    ("fanpass-sync", &["fanpass-model", "fanpass-sorted", "fanpass-table"]),
    (
        "fanpass-cli",
        &[
            "fanpass-client",
            "fanpass-model",
            "fanpass-server",
            "fanpass-sorted",
            "fanpass-sync",
            "fanpass-table",
            "fanpass-transport",
            "fanpass-transport-hyper",
            "fanpass-transport-reqwest",
        ],
    ),
    ("fanpass-testkit", &["fanpass-transport"]),
    (
        "xtask",
        &["fanpass-model", "fanpass-transport", "fanpass-transport-hyper", "fanpass-transport-reqwest"],
    ),
];

/// What must not be compiled into a package, and why.
const KEPT_OUT: &[(&str, &[&str], &str)] = &[
    (
        "fanpass-model",
        &["axum", "hyper", "reqwest", "rusqlite", "tokio"],
        "the model does no I/O and knows no HTTP client",
    ),
    (
        "fanpass-client",
        &["axum", "hyper", "reqwest", "rusqlite"],
        "the client knows the transport trait only",
    ),
    ("fanpass-server", &["fanpass-client", "reqwest"], "the service never depends on a client"),
    ("fanpass-table", &["axum", "hyper", "reqwest", "rusqlite", "tokio"], "a file becomes rows, and no more"),
    (
        "fanpass-sync",
        &["axum", "hyper", "reqwest", "tokio"],
        "it decides what to send and sends nothing itself",
    ),
];

/// Packages of which one version must do.
const SINGLE: &[&str] = &["axum", "http", "hyper", "rustls"];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings: Vec<Finding> = workspace.packages.iter().flat_map(layer).collect();
    findings.extend(workspace.packages.iter().flat_map(kept_out));
    findings.extend(duplicates(workspace));
    findings
}

fn layer(package: &Package) -> Vec<Finding> {
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == package.name) else {
        let problem = format!("`{}` has no place in the layers", package.name);
        let mend = "add it to LAYERS in xtask/src/tidy/graph.rs and to the picture in docs/architecture.md";
        return vec![Finding::new(package.folder.join("Cargo.toml"), problem, mend)];
    };
    let wrong = package.uses.iter().filter(|used| !allowed.contains(&used.as_str()));
    let findings = wrong.map(|used| {
        let problem = format!("`{}` must not use `{used}`", package.name);
        let mend = if used == "fanpass-testkit" {
            "move it to [dev-dependencies]: the testkit is for tests only".to_owned()
        } else {
            format!("remove the dependency; it may use {allowed:?}")
        };
        Finding::new(package.folder.join("Cargo.toml"), problem, mend)
    });
    findings.collect()
}

fn kept_out(package: &Package) -> Vec<Finding> {
    let Some((_, names, reason)) = KEPT_OUT.iter().find(|(name, ..)| *name == package.name) else {
        return Vec::new();
    };
    let found =
        names.iter().filter(|name| package.tree.contains(**name) || package.uses_in_tests.contains(**name));
    let findings = found.map(|name| {
        let mend =
            format!("`cargo tree --package {} --invert {name}` shows the way in; {reason}", package.name);
        Finding::new(package.folder.join("Cargo.toml"), format!("`{}` pulls in `{name}`", package.name), mend)
    });
    findings.collect()
}

fn duplicates(workspace: &Workspace) -> Vec<Finding> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, version) in workspace.locked.iter().filter(|(name, _)| SINGLE.contains(&name.as_str())) {
        versions.entry(name).or_default().insert(major(version));
    }
    let several = versions.into_iter().filter(|(_, majors)| majors.len() > 1);
    let findings = several.map(|(name, majors)| {
        let problem = format!("`{name}` is locked in several major versions: {majors:?}");
        let mend = format!("`cargo tree --duplicates --invert {name}` shows who wants which; settle on one");
        Finding::new("Cargo.lock", problem, mend)
    });
    findings.collect()
}

/// The part of a version that two compatible ones share: `1` of 1.4.2, `0.8` of 0.8.9.
fn major(version: &str) -> &str {
    let parts = if version.starts_with("0.") { 2 } else { 1 };
    version.match_indices('.').nth(parts - 1).map_or(version, |(end, _)| &version[..end])
}
