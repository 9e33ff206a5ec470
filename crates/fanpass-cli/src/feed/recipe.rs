//! How a reject file is pushed once it is mended: a configuration file beside it, with that one feed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use fanpass_sync::{AttributeFeed, AttributeMode, FeedTarget, Feeds, Guards, Mapping, Reading, RejectsOf};

use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::failure;
use crate::profile::write_private;

/// Where the recipe of a reject file is.
pub fn path_of(rejects: &Path) -> PathBuf {
    let mut name = rejects.as_os_str().to_owned();
    name.push(".toml");
    name.into()
}

/// Writes the recipe of each reject file. `feeds` makes it of the file's name.
pub fn write(rejects: &[PathBuf], feeds: impl Fn(PathBuf) -> Feeds) -> Result<()> {
    for path in rejects {
        let name = PathBuf::from(path.file_name().unwrap_or_default());
        let text = toml::to_string(&feeds(name)).context("cannot write down how the rejects are pushed")?;
        let head =
            "# How the reject file of this name is pushed once it is mended: fanpass rejects retry FILE\n";
        write_private(&path_of(path), format!("{head}{text}").as_bytes())?;
    }
    Ok(())
}

/// Reads the recipe of a reject file.
pub fn read(rejects: &Path) -> Result<Feeds> {
    fs::metadata(rejects).with_context(|| format!("cannot read {}", rejects.display()))?;
    let path = path_of(rejects);
    let text = fs::read_to_string(&path).map_err(|error| {
        let (rejects, recipe) = (rejects.display(), path.display());
        let message = format!(
            "{recipe}, which says how {rejects} is pushed, cannot be read ({error}; `check` writes none): push rows of attributes \
             with the --map that they were read with, fanpass users push {rejects} --map …, and mend ids of a segment in their source"
        );
        failure(Exit::Usage, message)
    })?;
    let feeds: Feeds = toml::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(feeds.within(folder))
}

/// The target of a command line, to be found again from anywhere.
pub fn target(global: &Global) -> FeedTarget {
    FeedTarget {
        local: global.local,
        data: global.local.then(|| absolute(&global.data)),
        domain: global.domain.clone(),
        profile: global.profile.clone(),
    }
}

/// A feed of rejected rows of attributes.
pub fn attributes(
    label: &str,
    file: PathBuf,
    mapping: &Mapping,
    rejects_of: Option<RejectsOf>,
) -> AttributeFeed {
    let Mapping { id, map, set, blank, null, nulls, .. } = mapping.clone();
    AttributeFeed {
        name: label.to_owned(),
        file,
        read: Reading::default(),
        id,
        map,
        set,
        blank,
        null,
        nulls,
        mode: AttributeMode::Set,
        rejects_of,
        guards: Guards::default(),
    }
}

/// A path that means the same from every folder.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
