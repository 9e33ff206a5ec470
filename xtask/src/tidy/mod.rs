//! The house rules that a program can check. Each finding names the file and the mend.

mod fixtures;
mod graph;
mod layout;
mod manifests;
mod pages;
mod snapshots;
mod sources;
mod workspace;

use std::fmt;
use std::path::PathBuf;

pub use workspace::{Package, Workspace};

/// A rule that is not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file it is about, from the top of the workspace.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub mend: String,
    /// Whether it is merely worth a look.
    pub warning: bool,
}

impl Finding {
    /// An error about `path`.
    pub fn new(path: impl Into<PathBuf>, problem: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into(), mend: mend.into(), warning: false }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.warning { "warning" } else { "error" };
        write!(formatter, "{level}: {}: {}\n  mend: {}", self.path.display(), self.problem, self.mend)
    }
}

/// All findings, errors first, then by path.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = graph::check(workspace);
    findings.extend(layout::check(workspace));
    findings.extend(manifests::check(workspace));
    findings.extend(pages::check(workspace));
    findings.extend(snapshots::check(workspace));
    findings.extend(sources::check(workspace));
    findings.sort_by(|a, b| (a.warning, &a.path).cmp(&(b.warning, &b.path)));
    findings
}
