//! What each Rust file must and must not hold.

use std::path::Path;

use super::{Finding, Workspace};
use crate::codegen;

/// Lines past which a file is worth a look, and past which it fails unless [`LONG`] lists it.
const WATCH: usize = 250;
const LIMIT: usize = 400;

/// Files past [`LIMIT`] lines, and why each is better whole.
const LONG: &[(&str, &str)] = &[];

/// What marks unfinished work, written so that this file does not hold it.
const UNFINISHED: &[&str] =
    &[concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[", "ignore"), concat!("FIX", "ME")];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in workspace.texts("rs") {
        findings.extend(preamble(path, text));
        findings.extend(unfinished(path, text));
        if !codegen::FOLDERS.iter().any(|folder| path.starts_with(folder)) {
            findings.extend(length(path, text));
        }
    }
    let stale = LONG.iter().filter(|(path, _)| {
        workspace.files.get(Path::new(path)).is_none_or(|text| text.lines().count() <= LIMIT)
    });
    findings.extend(stale.map(|(path, _)| {
        Finding::new(
            *path,
            format!("is not past {LIMIT} lines"),
            "take it off LONG in xtask/src/tidy/sources.rs",
        )
    }));
    findings
}

fn preamble(path: &Path, text: &str) -> Option<Finding> {
    let there = text.starts_with("//! ") || text.starts_with("#![doc = include_str!(");
    let mend = "begin it with one to three lines of `//!` that say what the file is for";
    (!there).then(|| Finding::new(path, "has no preamble", mend))
}

fn unfinished(path: &Path, text: &str) -> Vec<Finding> {
    let lines = text.lines().enumerate();
    let found = lines
        .filter_map(|(index, line)| Some((index + 1, UNFINISHED.iter().find(|mark| line.contains(**mark))?)));
    let finding = |(line, mark): (usize, &&str)| {
        Finding::new(
            path,
            format!("line {line} holds `{mark}`"),
            "finish it, or file an issue and remove the mark",
        )
    };
    found.map(finding).collect()
}

fn length(path: &Path, text: &str) -> Option<Finding> {
    let lines = text.lines().count();
    let listed = LONG.iter().any(|(long, _)| path == Path::new(long));
    if lines <= WATCH || listed {
        return None;
    }
    let mend = if lines > LIMIT {
        "split it by concept, or list it with a reason in LONG of xtask/src/tidy/sources.rs"
    } else {
        "see whether it holds two things"
    };
    let finding =
        Finding::new(path, format!("has {lines} lines; {WATCH} are a page, {LIMIT} the limit"), mend);
    Some(Finding { warning: lines <= LIMIT, ..finding })
}
