//! `fanpass audiences preview`: how many users an expression selects, and some of them.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use fanpass_model::{PreviewAudienceRequest, UserId};
use serde::Serialize;

use super::faults::explained;
use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report, counted};
use crate::quoting::quoted;
use crate::session::Session;

/// Count the users that an expression selects, and show some of them
///
/// The language is a part of CEL: segment("name"), custom.x and user_properties.x, has(custom.x), the comparisons == != <
/// <= > >=, custom.x in [1, 2], "a" in custom.list, startsWith, endsWith, contains, && || ! and parentheses.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass audiences preview 'segment(\"season-ticket-holders\") && custom.loyalty_tier in [\"gold\", \"platinum\"]'\n  \
    fanpass audiences preview 'user_properties.sth && !segment(\"bought-cup-final\")' --sample 5")]
pub struct Preview {
    /// The expression
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    expression: String,
    /// How many users to show; the lowest ids come first
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1000))]
    sample: u32,
}

impl Preview {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let expression = self.expression;
        let users = session.client.count_previewed(&expression).await;
        let count = users.map_err(|error| explained(error, &expression))?;
        let mut request = PreviewAudienceRequest::new(expression);
        request.limit = Some(self.sample);
        // A part may be empty though more follow.
        let mut sample = Vec::new();
        while u64::from(self.sample).min(count) > 0 && sample.is_empty() {
            let part = session.client.preview_audience(&request).await?;
            sample = part.user_ids;
            request.after = part.next;
            if request.after.is_none() {
                break;
            }
        }
        let next = session.next(&format!("audiences save NAME {}", quoted(&request.expression)));
        session.close().await;
        printer.report(&PreviewReport { count, sample, next })?;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PreviewReport {
    count: u64,
    sample: Vec<UserId>,
    next: String,
}

impl Report for PreviewReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { count: users, sample, .. } = self;
        writeln!(out, "{}", counted(*users, "user"))?;
        sample.iter().try_for_each(|user| writeln!(out, "  {user}"))?;
        if !sample.is_empty() && usize::try_from(*users).is_ok_and(|users| users > sample.len()) {
            writeln!(out, "  …")?;
        }
        Ok(())
    }

    fn next(&self) -> Option<String> {
        Some(self.next.clone())
    }
}
