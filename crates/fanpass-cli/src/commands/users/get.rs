//! `fanpass users get`: what is known of one user.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{AttributeValue, UserId, UserRecord};

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report, table};
use crate::session::Session;

/// Show one user's attributes and segments
#[derive(Debug, Args)]
pub struct Get {
    /// The user's id
    user: UserId,
}

impl Get {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let user = session.client.get_user(&self.user).await?;
        session.close().await;
        printer.report(&user)?;
        Ok(Exit::Done)
    }
}

impl Report for UserRecord {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let segments: Vec<_> = self.segments.iter().map(ToString::to_string).collect();
        writeln!(out, "user      {}", self.user_id)?;
        writeln!(
            out,
            "segments  {}",
            if segments.is_empty() { "none".to_owned() } else { segments.join(", ") }
        )?;
        if let Some(updated_at) = &self.updated_at {
            writeln!(out, "updated   {updated_at}")?;
        }
        if self.user_properties.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        let rows = self.user_properties.iter().map(|(key, value)| [key.to_string(), shown(value)]);
        table(out, ["attribute", "value"], rows)
    }
}

pub(in crate::commands) fn shown(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) => text.clone(),
        AttributeValue::Number(number) => number.to_string(),
        AttributeValue::Boolean(boolean) => boolean.to_string(),
        AttributeValue::List(entries) => entries.join(", "),
        AttributeValue::Unset => "unset".to_owned(),
    }
}
