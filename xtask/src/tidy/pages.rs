//! The pages of the book: every link leads somewhere, and every page is in the table of contents.

use std::path::{Component, Path, PathBuf};

use super::{Finding, Workspace};

/// The table of contents.
const SUMMARY: &str = "docs/SUMMARY.md";

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut listed = Vec::new();
    // The README of a crate is its documentation, whose links rustdoc resolves and checks.
    let pages = workspace.texts("md").filter(|(path, _)| !path.starts_with("crates"));
    for (page, text) in pages {
        for (line, link) in links(text) {
            let target = resolve(page, link);
            if !workspace.files.keys().any(|path| path.starts_with(&target)) {
                let problem = format!("line {line} links to {}, which is not there", target.display());
                findings.push(Finding::new(page, problem, "mend the link, or write what it leads to"));
            }
            if page == Path::new(SUMMARY) {
                listed.push(target);
            }
        }
    }
    let pages =
        workspace.texts("md").map(|(path, _)| path).filter(|path| path.parent() == Some(Path::new("docs")));
    let unlisted =
        pages.filter(|path| *path != Path::new(SUMMARY) && !listed.iter().any(|page| page == path));
    findings.extend(
        unlisted.map(|path| {
            Finding::new(path, "is not in the table of contents", format!("list it in {SUMMARY}"))
        }),
    );
    findings
}

/// The links of a page to other files, with their lines; those in code blocks and to other hosts are left out.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        let files = targets.filter_map(|(target, _)| target.split('#').next());
        let files = files.filter(|file| !in_code && !file.is_empty() && !file.contains("://"));
        found.extend(files.map(|file| (index + 1, file)));
    }
    found
}

/// What `link` on `page` leads to, from the top of the workspace.
fn resolve(page: &Path, link: &str) -> PathBuf {
    let mut target = page.parent().map(Path::to_owned).unwrap_or_default();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => drop(target.pop()),
            Component::Normal(name) => target.push(name),
            _ => {}
        }
    }
    target
}
