//! How fast to send, and what to do about a ledger in use, as options of every command that sends feeds.

use std::num::NonZeroU32;

use clap::Args;
use fanpass_client::PushOptions;
use fanpass_sync::{Busy, Feeds};

/// How fast to send. What the command line leaves open, the configuration file may say.
#[derive(Debug, Clone, Copy, Args)]
pub struct Sending {
    /// Requests in flight at most; fewer are sent while the service is slow
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
    /// Requests a second at most
    #[arg(long, value_name = "N")]
    rate: Option<NonZeroU32>,
    #[command(flatten)]
    ids: IdsRate,
}

/// How many ids to send.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct IdsRate {
    /// Ids a second at most: an update is one, a segment as many as it has; after a request the next waits so long
    #[arg(long, value_name = "N")]
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

/// What to do while another process uses the ledger.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct LedgerWait {
    /// Wait while another process uses the ledger, instead of refusing
    #[arg(long)]
    wait_for_ledger: bool,
}

impl From<LedgerWait> for Busy {
    fn from(wait: LedgerWait) -> Self {
        if wait.wait_for_ledger { Self::Wait } else { Self::Refuse }
    }
}
