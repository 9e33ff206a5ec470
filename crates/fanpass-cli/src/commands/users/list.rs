//! `fanpass users list`: the users that attributes are stored of, streamed.

use std::pin::pin;

use anyhow::Result;
use clap::Args;
use fanpass_client::Page;
use futures_util::TryStreamExt as _;

use crate::cli::Global;
use crate::commands::segments::Counted;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::session::Session;

/// Print the ids of the users that attributes are stored of, one a line, in byte order
///
/// With --json each line is an object. Any number of users takes the same memory.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  fanpass users list > ids.txt\n  fanpass users list --count")]
pub struct List {
    /// Stop after so many users
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Say only how many users there are
    #[arg(long, conflicts_with = "limit")]
    count: bool,
}

impl List {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        if self.count {
            let total = session.client.list_users(&Page { after: None, limit: Some(1) }).await?.total;
            printer.report(&Counted { count: total })?;
        } else {
            let mut out = printer.lines();
            let mut users = pin!(session.client.users());
            let mut left = self.limit.unwrap_or(u64::MAX);
            while left > 0 {
                let Some(user) = users.try_next().await? else { break };
                out.write(user.user_id.as_str(), &user)?;
                left -= 1;
            }
            out.finish()?;
        }
        session.close().await;
        Ok(Exit::Done)
    }
}
