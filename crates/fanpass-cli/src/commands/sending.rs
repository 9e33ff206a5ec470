//! How fast to send, and what to do about a ledger in use, as options of every command that sends feeds.

use std::fs::{self, File};
use std::io::Read as _;
use std::num::NonZeroU32;
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::Args;
use fanpass_client::PushOptions;
use fanpass_sync::{Busy, ErrorKind, Feeds, Ledger};

use crate::exit::Exit;
use crate::failure::failure;
use crate::printer::Printer;
use crate::profile::refuse_shared;
use crate::session::Session;

/// How fast to send. What the command line leaves open, the configuration file may say.
#[derive(Debug, Clone, Copy, Args)]
pub struct Sending {
    /// Requests in flight at most; fewer are sent while the service is slow
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
    /// Requests a second at most
    #[arg(long, value_name = "N", value_parser = rate)]
    rate: Option<NonZeroU32>,
    #[command(flatten)]
    ids: IdsRate,
}

/// How many ids to send.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct IdsRate {
    /// Ids a second at most: an update is one, a segment as many as it has; after a request the next waits so long
    #[arg(long, value_name = "N", value_parser = rate)]
    pub ids_rate: Option<NonZeroU32>,
}

impl Default for Sending {
    fn default() -> Self {
        Self { concurrency: 16, rate: None, ids: IdsRate::default() }
    }
}

impl Sending {
    pub fn options(&self, feeds: &Feeds) -> PushOptions {
        PushOptions {
            max_concurrency: usize::from(self.concurrency),
            requests_per_second: self.rate.or(feeds.rate),
            ids_per_second: self.ids.ids_rate.or(feeds.ids_rate),
            ..PushOptions::default()
        }
    }
}

/// What to do about a ledger that another process uses, or that is of another service.
#[derive(Debug, Clone, Copy, Args)]
pub struct LedgerOptions {
    /// Wait while another process uses the ledger, instead of refusing
    #[arg(long)]
    wait_for_ledger: bool,
    /// Take the ledger for that of this FanPass, which had another address when it was used before
    #[arg(long)]
    adopt_ledger: bool,
}

impl LedgerOptions {
    /// Opens the ledger at `path`, or makes it, and its folder.
    pub fn open(self, path: &Path, printer: Printer) -> Result<Ledger> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.exists()) {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            printer.note(&format!("made the folder {} for the ledger", folder.display()));
        }
        if path.exists() && !is_other(path) {
            refuse_shared(path, "ledger")?;
        }
        match Ledger::open(path, Busy::Refuse) {
            Err(error) if error.kind() == ErrorKind::LedgerBusy => {
                if !self.wait_for_ledger {
                    return Err(failure(Exit::Unreachable, format!("{error} with --wait-for-ledger")));
                }
                printer.note(&format!("waiting for the process that uses {}", path.display()));
                Ok(Ledger::open(path, Busy::Wait)?)
            }
            opened => Ok(opened?),
        }
    }

    /// Refuses a ledger that is not the one of the FanPass of that [identity](Session::identity), unless it is to be adopted.
    pub fn check(self, ledger: &Ledger, identity: &str) -> Result<()> {
        if self.adopt_ledger {
            return Ok(());
        }
        let checked = ledger.check_target(identity);
        checked.map_err(|error| {
            let advice = "name another --ledger, or ledger in the file; if it is the same FanPass at another address, --adopt-ledger";
            failure(Exit::Refused, format!("{error}: {advice}"))
        })
    }

    /// As [`check`](Self::check), and from here on it is that FanPass's.
    pub fn take(self, ledger: &mut Ledger, session: &Session) -> Result<()> {
        let identity = session.identity();
        self.check(ledger, &identity)?;
        Ok(ledger.keep_for(&identity)?)
    }
}

/// Whether a file holds something else than a database, which is told better than that others can read it.
fn is_other(path: &Path) -> bool {
    const DATABASE: &[u8] = b"SQLite format 3\0";
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(16).read_to_end(&mut head));
    read.is_ok() && !head.is_empty() && head != DATABASE
}

/// A rate, which is none if it is 0.
fn rate(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| "use a whole number from 1 on; without the option there is no bound".to_owned())
}
