//! The configuration file of `plan` and `apply`: read, checked, and what it leaves to the command line.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use fanpass_sync::{FeedTarget, Feeds, Guards, Ledger};
use sha2::{Digest as _, Sha256};

use crate::cli::{Found, Global};
use crate::exit::Exit;
use crate::failure::failure;
use crate::source::hex;

/// A configuration file.
#[derive(Debug)]
pub struct Config {
    pub path: PathBuf,
    pub feeds: Feeds,
    /// The SHA-256 of its bytes.
    pub digest: String,
    /// The ledger of its feeds.
    pub ledger: PathBuf,
    /// Folder for rows that did not arrive.
    pub rejects: PathBuf,
}

impl Config {
    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = read_text(path)?;
        let wrong = |why: String| failure(Exit::Usage, format!("{}: {}", path.display(), why.trim_end()));
        let feeds: Feeds = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        feeds.check().map_err(|error| wrong(error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let digest = hex(&Sha256::digest(&text));
        Ok(Self { digest, ..Self::of(path.to_owned(), feeds.within(folder)) })
    }

    /// Feeds that stand, or would stand, in a file at `path`.
    pub fn of(path: PathBuf, feeds: Feeds) -> Self {
        let folder = path.parent().unwrap_or(Path::new(""));
        let ledger = feeds.ledger.clone().unwrap_or_else(|| path.with_extension("ledger"));
        let rejects = feeds.rejects.clone().unwrap_or_else(|| folder.join("rejects"));
        Self { path, feeds, digest: String::new(), ledger, rejects }
    }

    /// The command line, completed by the file's target where it names none. A variable would send a file's rows to wherever its
    /// shell was set up for.
    pub fn global(&self, global: &Global) -> Global {
        let mut global = global.clone();
        let FeedTarget { local, data, domain, profile } = self.feeds.target.clone();
        let is_named = local || domain.is_some() || profile.is_some();
        if global.local || global.target_from == Found::CommandLine || !is_named {
            return global;
        }
        global.target_from = Found::File;
        (global.local, global.domain, global.profile) = (local, domain, profile);
        if global.local && global.data_from == Found::Nowhere {
            global.data = data.unwrap_or_else(|| self.beside(&global.data));
        }
        global
    }

    /// A path that is relative to the file.
    fn beside(&self, path: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    /// Where rows of a feed go that do not arrive.
    pub fn rejects_of(&self, label: &str) -> PathBuf {
        let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let name: String = label.chars().map(plain).collect();
        self.rejects.join(format!("{}.csv", name.trim_start_matches('.')))
    }

    /// A feed's bounds, those of the file where it states none.
    pub fn guards(&self, own: Guards) -> Guards {
        own.or(self.feeds.guards)
    }
}

/// How another place for rejected rows is named in a configuration file.
pub const REJECTS_MEMBER: &str = "name another folder for rejected rows as rejects in the configuration file";

/// What stands in a configuration file or a plan.
pub fn read_text(path: &Path) -> Result<String> {
    let read = fs::read_to_string(path);
    if read.as_ref().is_err_and(|error| error.kind() == ErrorKind::InvalidData) {
        let message = format!("{} is neither a configuration file nor a plan: it is no text", path.display());
        return Err(failure(Exit::Usage, message));
    }
    read.with_context(|| format!("cannot read {}", path.display()))
}

/// The name of a segment's members in the ledger.
pub fn members_list(segment: &fanpass_model::SegmentName) -> String {
    format!("segment:{segment}")
}

/// The name of what a feed owns in the ledger.
pub fn owned_list(label: &str) -> String {
    format!("feed:{label}")
}

/// The feed whose own a list of that name in the ledger is.
pub fn owner_of(list: &str) -> Option<&str> {
    list.strip_prefix("feed:")
}

/// The segment whose members a list of that name in the ledger holds.
pub fn segment_of(list: &str) -> Option<&str> {
    list.strip_prefix("segment:")
}

/// The state of a ledger, which moves on with each run.
pub fn latest_run(ledger: &Ledger) -> Result<Option<String>> {
    Ok(ledger.list_runs(1)?.first().map(|run| run.id.to_string()))
}
