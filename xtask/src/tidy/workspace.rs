//! What the rules look at: the files of the workspace and its packages, read once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// The workspace as the rules see it.
#[derive(Debug, Clone, Default)]
pub struct Workspace {
    /// Files that are tracked or would be, by their path from the top; the content of those that are no text
    /// is empty.
    pub files: BTreeMap<PathBuf, String>,
    /// Snapshots that wait for review; they are ignored by git.
    pub pending_snapshots: Vec<PathBuf>,
    /// The snapshots that the last test run read, where a run noted them.
    pub used_snapshots: Option<BTreeSet<PathBuf>>,
    /// The workspace's packages.
    pub packages: Vec<Package>,
    /// Name and version of every package in the lock file.
    pub locked: BTreeSet<(String, String)>,
}

/// A package of the workspace.
#[derive(Debug, Clone, Default)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its folder, from the top of the workspace.
    pub folder: PathBuf,
    /// Whether it is meant for a registry.
    pub published: bool,
    /// Whether it says what it is.
    pub described: bool,
    /// The packages of the workspace that it needs to run.
    pub uses: BTreeSet<String>,
    /// The packages of the workspace that only its tests need.
    pub uses_in_tests: BTreeSet<String>,
    /// Everything that is compiled into it, itself left out.
    pub tree: BTreeSet<String>,
}

impl Workspace {
    /// Reads the workspace at `top`. `used_snapshots` is the file that a test run wrote for
    /// `INSTA_SNAPSHOT_REFERENCES_FILE`.
    ///
    /// # Errors
    ///
    /// `git` or `cargo metadata` fails, or a file cannot be read.
    pub fn read(top: &Path, used_snapshots: Option<&Path>) -> Result<Self> {
        let mut files = BTreeMap::new();
        for path in git_files(top, &["--cached", "--others", "--exclude-standard"])? {
            // A file that was deleted and not yet committed is still listed.
            if let Ok(content) = fs::read(top.join(&path)) {
                files.insert(path, String::from_utf8(content).unwrap_or_default());
            }
        }
        let pending = ["--others", "--exclude=*.snap.new", "--exclude=*.pending-snap", "--ignored"];
        let mut pending_snapshots = git_files(top, &[&pending[..], &["--", "crates", "xtask"]].concat())?;
        pending_snapshots.sort();
        let metadata = MetadataCommand::new().current_dir(top).exec().context("cargo metadata")?;
        Ok(Self {
            files,
            pending_snapshots,
            used_snapshots: used_snapshots.map(|list| read_list(top, list)).transpose()?,
            packages: packages(&metadata)?,
            locked: metadata.packages.iter().map(|p| (p.name.to_string(), p.version.to_string())).collect(),
        })
    }

    /// The text files that end with `extension`, with their content.
    pub fn texts<'a>(&'a self, extension: &'a str) -> impl Iterator<Item = (&'a Path, &'a str)> {
        let named = move |path: &Path| path.extension().is_some_and(|found| found == extension);
        self.files
            .iter()
            .filter(move |(path, _)| named(path))
            .map(|(path, text)| (path.as_path(), text.as_str()))
    }
}

/// The paths that `git ls-files` gives.
fn git_files(top: &Path, arguments: &[&str]) -> Result<Vec<PathBuf>> {
    let output = Command::new("git").current_dir(top).args(["ls-files", "-z"]).args(arguments).output();
    let output = output.context("cannot start git")?;
    ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).context("a path is no UTF-8")?;
    Ok(text.split_terminator('\0').map(PathBuf::from).collect())
}

fn read_list(top: &Path, list: &Path) -> Result<BTreeSet<PathBuf>> {
    let text = fs::read_to_string(list).with_context(|| format!("cannot read {}", list.display()))?;
    let top = top.canonicalize()?;
    // Lines name files that a test looked for, whether or not they are there.
    let files = text.lines().filter_map(|line| Path::new(line).canonicalize().ok());
    Ok(files.filter_map(|path| Some(path.strip_prefix(&top).ok()?.to_owned())).collect())
}

fn packages(metadata: &Metadata) -> Result<Vec<Package>> {
    let ours: BTreeSet<String> = metadata.workspace_packages().iter().map(|p| p.name.to_string()).collect();
    let packages = metadata.workspace_packages().into_iter().map(|package| {
        let uses = |wanted: &[DependencyKind]| {
            let found = package.dependencies.iter().filter(|needed| wanted.contains(&needed.kind));
            found.map(|needed| needed.name.clone()).filter(|name| ours.contains(name)).collect()
        };
        let folder = package.manifest_path.parent().context("a manifest stands in a folder")?;
        Ok(Package {
            name: package.name.to_string(),
            version: package.version.to_string(),
            folder: folder.strip_prefix(&metadata.workspace_root)?.into(),
            published: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
            described: package.description.as_ref().is_some_and(|text| !text.is_empty()),
            uses: uses(&[DependencyKind::Normal, DependencyKind::Build]),
            uses_in_tests: uses(&[DependencyKind::Development]),
            tree: tree(metadata, &package.id)?,
        })
    });
    packages.collect()
}

/// The names of all that is compiled into `root`, itself left out.
fn tree(metadata: &Metadata, root: &PackageId) -> Result<BTreeSet<String>> {
    let resolve = metadata.resolve.as_ref().context("cargo metadata resolved nothing")?;
    let mut seen = BTreeSet::from([root]);
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        let node = resolve.nodes.iter().find(|node| node.id == *id).context("a package is not resolved")?;
        let built = node
            .deps
            .iter()
            .filter(|needed| needed.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development));
        open.extend(built.map(|needed| &needed.pkg).filter(|id| seen.insert(*id)));
    }
    seen.remove(root);
    Ok(seen.into_iter().map(|id| metadata[id].name.to_string()).collect())
}
