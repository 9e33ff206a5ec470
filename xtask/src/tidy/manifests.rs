//! What each package's manifest and folder must hold.

use std::path::Path;

use super::{Finding, Package, Workspace};

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    workspace.packages.iter().flat_map(|package| check_package(workspace, package)).collect()
}

fn check_package(workspace: &Workspace, package: &Package) -> Vec<Finding> {
    let mut findings = Vec::new();
    let manifest = package.folder.join("Cargo.toml");
    if !inherits_lints(workspace.files.get(&manifest).map_or("", String::as_str)) {
        let mend = "add `[lints]` with `workspace = true`";
        findings.push(Finding::new(&manifest, "does not inherit the workspace's lints", mend));
    }
    if !package.described {
        findings.push(Finding::new(&manifest, "has no `description`", "say in one line what the package is"));
    }
    if package.published && !package.name.starts_with("fanpass-") {
        let mend = "set `publish = false`, or name it `fanpass-…`";
        findings.push(Finding::new(&manifest, "would be published under a foreign name", mend));
    }
    if package.published {
        findings.extend(readme(workspace, package));
    }
    findings
}

fn inherits_lints(manifest: &str) -> bool {
    let manifest: Option<toml::Table> = manifest.parse().ok();
    let lints = manifest.as_ref().and_then(|table| table.get("lints")?.get("workspace")?.as_bool());
    lints == Some(true)
}

/// A published crate has a README, which is its crate documentation as well.
fn readme(workspace: &Workspace, package: &Package) -> Option<Finding> {
    let path = package.folder.join("README.md");
    if workspace.files.get(&path).is_none_or(|text| text.trim().is_empty()) {
        return Some(Finding::new(path, "is missing or empty", "write what the crate does, with an example"));
    }
    let library = package.folder.join(Path::new("src/lib.rs"));
    let includes = |text: &String| text.contains("#![doc = include_str!(\"../README.md\")]");
    let shown = workspace.files.get(&library).is_none_or(includes);
    let mend = "begin it with `#![doc = include_str!(\"../README.md\")]`";
    (!shown).then(|| Finding::new(library, "does not show the README as its documentation", mend))
}
