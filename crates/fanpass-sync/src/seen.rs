//! Paths as they are seen from a folder.

use std::path::{Component, Path, PathBuf, absolute};

/// A path as seen from `folder`, behind all links. It is absolute if it is not there, or has only the root in common with it.
pub(crate) fn seen_from(folder: &Path, path: &Path) -> PathBuf {
    let (Ok(found), Ok(folder)) = (path.canonicalize(), folder.canonicalize()) else {
        return absolute(path).unwrap_or_else(|_| path.to_owned());
    };
    let shared = found.components().zip(folder.components()).take_while(|(one, other)| one == other).count();
    if !found.components().take(shared).any(|component| matches!(component, Component::Normal(_))) {
        return found;
    }
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(found.components().skip(shared)).collect()
}
