//! `fanpass keys`: the keys that the service signs tokens with.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, Subcommand};
use fanpass_model::{KeyList, KeySummary};
use serde::Serialize;

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::printer::{Printer, Report, count, table};
use crate::quoting::quoted;
use crate::session::Session;

/// List, rotate and retire the keys that tokens are signed with
#[derive(Debug, Subcommand)]
pub enum Command {
    List(List),
    Rotate(Rotate),
    Retire(Retire),
}

/// List the keys, oldest first, with the tokens in force that each has signed
#[derive(Debug, Args)]
pub struct List {}

/// Make a new key, which signs from now on
///
/// Tokens that older keys have signed are accepted until their key is retired: issue new ones first.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass keys rotate --local --data /var/lib/fanpass")]
pub struct Rotate {
    #[command(flatten)]
    dry_run: DryRun,
}

/// Delete a key: no token that it signed is accepted any more
///
/// The key that signs cannot be retired. A token that the retired key has signed stops working, the one in use too.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass keys retire first")]
pub struct Retire {
    /// The key's id, as `keys list` shows it
    kid: String,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Command {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let (what, dry_run) = match &self {
            Self::List(_) => (String::new(), false),
            Self::Rotate(Rotate { dry_run }) => {
                ("make a key that signs from now on".to_owned(), dry_run.dry_run)
            }
            Self::Retire(Retire { kid, dry_run }) => {
                (format!("delete the key {kid} and refuse its tokens"), dry_run.dry_run)
            }
        };
        if dry_run {
            printer.report(&Intent::to(what).if_only("the token in use may administer", false))?;
            return Ok(Exit::Done);
        }
        let session = Session::open(global).await?;
        match self {
            Self::List(_) => {
                let keys = session.client.list_keys().await?;
                printer.report(&KeysReport(keys))?;
            }
            Self::Rotate(_) => {
                let key = session.client.rotate_key().await?;
                let next = session.next("keys list");
                printer.report(&KeyReport { key, did: "Signs from now on", next })?;
            }
            Self::Retire(Retire { kid, .. }) => {
                let key = session.client.retire_key(&kid).await?;
                let next = session.next(&format!("audit --target {}", quoted(&kid)));
                printer.report(&KeyReport { key, did: "Retired", next })?;
            }
        }
        session.close().await;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct KeysReport(KeyList);

impl Report for KeysReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.0.keys.iter().map(|key| {
            let state = if key.signs { "signs" } else { "verifies" };
            [key.kid.clone(), key.algorithm.clone(), state.to_owned(), count(key.tokens)]
        });
        table(out, ["id", "algorithm", "state", "tokens in force"], rows)
    }
}

#[derive(Debug, Serialize)]
struct KeyReport {
    #[serde(flatten)]
    key: KeySummary,
    #[serde(skip)]
    did: &'static str,
    next: String,
}

impl Report for KeyReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}: {}", self.did, self.key.kid)?;
        writeln!(out, "  tokens in force that it signed  {}", count(self.key.tokens))
    }

    fn next(&self) -> Option<String> {
        Some(self.next.clone())
    }
}
