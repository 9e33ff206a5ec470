//! `fanpass users history`: what changed of one user, when and by whom.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{UserChange, UserHistory, UserId};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;

use super::get::shown;
use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report, table};
use crate::session::Session;

/// Show what changed of one user's attributes, when and by whom, newest first
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass users history 00042 --limit 10")]
pub struct History {
    /// The user's id
    user: UserId,
    /// Changes to show at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

impl History {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let changes: Vec<UserChange> =
            session.client.user_changes(&self.user).take(self.limit).try_collect().await?;
        session.close().await;
        printer.report(&HistoryReport(UserHistory::new(changes)))?;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct HistoryReport(UserHistory);

impl Report for HistoryReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.0.changes.iter().flat_map(|change| {
            change.attributes.iter().map(|attribute| {
                [
                    change.at.clone(),
                    change.subject.clone().unwrap_or_else(|| "-".to_owned()),
                    attribute.key.to_string(),
                    shown(&attribute.before),
                    shown(&attribute.after),
                ]
            })
        });
        table(out, ["when", "by", "attribute", "before", "after"], rows)
    }
}
