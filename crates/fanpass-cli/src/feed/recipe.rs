//! How a reject file is pushed once it is mended: a configuration file beside it, with that one feed.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use fanpass_client::PushOptions;
use fanpass_sync::{
    AttributeFeed, AttributeMode, FeedTarget, Feeds, Guards, Mapping, REJECT_COLUMNS, Reading, RejectsOf,
    SegmentFeed, SegmentMode, is_reject_file,
};

use super::config::Config;
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::failure;
use crate::private_file::write_private;

/// What a recipe begins with.
const HEAD: &str =
    "# How the reject file of this name is pushed once it is mended: fanpass rejects retry FILE\n";

/// Where the recipe of a reject file is.
pub fn path_of(rejects: &Path) -> PathBuf {
    let mut name = rejects.as_os_str().to_owned();
    name.push(".toml");
    name.into()
}

/// Writes the recipe of each reject file. `feeds` makes it of the file's name; other paths in it become those from the file.
pub fn write(rejects: &[PathBuf], feeds: impl Fn(PathBuf) -> Feeds) -> Result<()> {
    for path in rejects {
        let name = PathBuf::from(path.file_name().unwrap_or_default());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let text = toml::to_string(&feeds(name).seen_from(folder))
            .context("cannot write down how the rejects are pushed")?;
        write_private(&path_of(path), format!("{HEAD}{text}").as_bytes())?;
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
            "{recipe}, which says how {rejects} is pushed, cannot be read ({error}): push rows of attributes \
             with the --map that they were read with, fanpass users push {rejects} --map …, and mend ids of a segment in their source"
        );
        failure(Exit::Usage, message)
    })?;
    let feeds: Feeds = toml::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(feeds.within(folder))
}

/// Refuses a reject file, which the recipe beside it tells, that lacks its own columns: without them rows pass that are as they
/// were, and ids that came to be others.
pub fn check_columns(path: &Path, columns: &[String]) -> Result<()> {
    let recipe = path_of(path);
    let is_recipe = || {
        let mut head = [0; HEAD.len()];
        fs::File::open(&recipe).and_then(|mut file| file.read_exact(&mut head)).is_ok()
            && head == HEAD.as_bytes()
    };
    if is_reject_file(columns) || !is_recipe() {
        return Ok(());
    }
    let (file, recipe, [first, .., last]) = (path.display(), recipe.display(), REJECT_COLUMNS);
    let message = format!(
        "{file} holds rejected rows, as {recipe} beside it says, and its last columns are not {first} to {last}, by which rows are \
         known that were not mended, and ids that came to be others; nothing was sent: put those columns back, from a copy of the \
         file, or, if every row is right as it stands, take {recipe} away and push the file as any other"
    );
    Err(failure(Exit::Refused, message))
}

/// How rows are pushed again that feeds of a configuration have rejected: to the same target, with the same ledger.
#[derive(Debug)]
pub struct Recipes<'a> {
    pub config: &'a Config,
    pub global: &'a Global,
    pub options: PushOptions,
}

impl Recipes<'_> {
    /// Of rows of a segment, whose ids are in the column `id`.
    pub fn of_ids(
        &self,
        rejects: &[PathBuf],
        feed: &SegmentFeed,
        id: &str,
        rejects_of: &RejectsOf,
    ) -> Result<()> {
        let mode = match feed.mode {
            SegmentMode::Remove => SegmentMode::Remove,
            _ => SegmentMode::Add,
        };
        write(rejects, |file| Feeds {
            segments: vec![SegmentFeed {
                file,
                mode,
                rejects_of: Some(rejects_of.clone()),
                feed: Some(format!("{} rejects", feed.label())),
                id: Some(id.to_owned()),
                read: Reading::default(),
                ..feed.clone()
            }],
            ..self.feeds()
        })
    }

    /// Of rows of attributes.
    pub fn of_attributes(
        &self,
        rejects: &[PathBuf],
        mapping: &Mapping,
        rejects_of: &RejectsOf,
    ) -> Result<()> {
        let label = format!("{} rejects", rejects_of.feed);
        write(rejects, |file| Feeds {
            attributes: vec![attributes(&label, file, mapping, Some(rejects_of.clone()))],
            ..self.feeds()
        })
    }

    fn feeds(&self) -> Feeds {
        let Self { config, global, options } = self;
        Feeds {
            target: target(global),
            ledger: Some(config.ledger.clone()),
            rejects: Some(config.rejects.clone()),
            attributes_file: config.feeds.attributes_file.clone(),
            rate: options.requests_per_second,
            ids_rate: options.ids_per_second,
            ..Feeds::default()
        }
    }
}

/// The target of a command line.
pub fn target(global: &Global) -> FeedTarget {
    FeedTarget {
        local: global.local,
        data: global.local.then(|| global.data.clone()),
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
