//! Whose the lists are that mirroring feeds keep in the ledger: those of one configuration file, not of another one's feeds of
//! the same name, which would overwrite them.

use std::path::Path;

use anyhow::Result;
use fanpass_sync::{AttributeMode, Feeds, Ledger, SegmentMode};

use super::config::{Config, owned_list};
use crate::exit::Exit;
use crate::failure::failure;

/// Refuses a mirroring feed whose list is that of another configuration file, as long as that one uses the ledger and has a
/// mirroring feed of that name and of another source.
pub fn check_keepers(config: &Config, ledger: &Ledger) -> Result<()> {
    for (feed, file) in mirrors(&config.feeds) {
        let Some(keeper) = ledger.keeper(&owned_list(feed))? else { continue };
        let Some(other) = other_user(&keeper, config) else { continue };
        if mirrors(&other.feeds).any(|(name, source)| name == feed && !is_same(source, file)) {
            let message = format!(
                "{} has a feed {feed:?} of another file in the same ledger, and what one of them lists would be taken for the other's: \
                 name one of them otherwise, or use another ledger; nothing was sent",
                keeper.display()
            );
            return Err(failure(Exit::Refused, message));
        }
    }
    Ok(())
}

/// The configuration at that place, if it is another one that uses the same ledger.
pub fn other_user(keeper: &Path, config: &Config) -> Option<Config> {
    if is_same(keeper, &config.path) {
        return None;
    }
    Config::read(keeper).ok().filter(|other| is_same(&other.ledger, &config.ledger))
}

/// Notes that the lists of a configuration's mirroring feeds are its own from here on.
pub fn keep(config: &Config, ledger: &mut Ledger) -> Result<()> {
    mirrors(&config.feeds).try_for_each(|(feed, _)| Ok(ledger.keep_list(&owned_list(feed), &config.path)?))
}

/// The names of feeds that mirror, and their files.
fn mirrors(feeds: &Feeds) -> impl Iterator<Item = (&str, &Path)> {
    let segments = feeds.segments.iter().filter(|feed| feed.mode == SegmentMode::MirrorOwned);
    let attributes = feeds.attributes.iter().filter(|feed| feed.mode == AttributeMode::MirrorOwned);
    let segments = segments.map(|feed| (feed.label(), feed.file.as_path()));
    segments.chain(attributes.map(|feed| (feed.name.as_str(), feed.file.as_path())))
}

/// Whether both are there and the same file.
fn is_same(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}
