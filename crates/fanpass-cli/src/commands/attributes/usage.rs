//! `fanpass attributes use`: how many users carry an attribute, and which values.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{AttributeKey, AttributeUse};

use crate::cli::Global;
use crate::commands::users::shown;
use crate::exit::Exit;
use crate::printer::{Printer, Report, table};
use crate::session::Session;

/// Show how many users carry an attribute, and its commonest values
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass attributes use custom.loyalty_tier --limit 5")]
pub struct Use {
    /// The attribute's key
    key: AttributeKey,
    /// How many values to show at most
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

impl Use {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let used = session.client.get_attribute_use(&self.key, Some(self.limit)).await?;
        session.close().await;
        printer.report(&used)?;
        Ok(Exit::Done)
    }
}

impl Report for AttributeUse {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "attribute  {}", self.key)?;
        writeln!(out, "users      {}", self.users)?;
        match self.distinct {
            Some(distinct) => writeln!(out, "values     {distinct}")?,
            None => writeln!(out, "values     too many to be counted each by itself")?,
        }
        if self.values.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        let rows = self.values.iter().map(|used| [shown(&used.value), used.users.to_string()]);
        table(out, ["value", "users"], rows)
    }
}
