//! Snapshots: none that waits for review, none without a test.

use std::path::Path;

use super::{Finding, Workspace};

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mend = "read it; accept it by running its test with `INSTA_UPDATE=always`, or delete it";
    let pending = workspace.pending_snapshots.iter();
    let mut findings: Vec<Finding> =
        pending.map(|path| Finding::new(path, "waits for review", mend)).collect();
    let ownerless = workspace.texts("snap").filter(|(path, text)| !owned(workspace, path, text));
    findings.extend(ownerless.map(|(path, _)| Finding::new(path, "belongs to no test", "delete it")));
    findings
}

/// Whether a test reads the snapshot: one that the last noted run read or, without such a note, one whose
/// source file is still there.
fn owned(workspace: &Workspace, path: &Path, text: &str) -> bool {
    if let Some(used) = &workspace.used_snapshots {
        return used.contains(path);
    }
    let source =
        text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix("source: "));
    source.is_some_and(|source| workspace.files.contains_key(Path::new(source)))
}
