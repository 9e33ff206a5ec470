//! `fanpass audiences list`: all saved audiences by name.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::Audience;
use futures_util::TryStreamExt as _;
use serde::Serialize;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report, table};
use crate::session::Session;

/// List the saved audiences by name
#[derive(Debug, Args)]
pub struct List {}

impl List {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        // A service keeps a thousand at most.
        let audiences = session.client.audiences().try_collect().await?;
        session.close().await;
        printer.report(&ListReport { audiences })?;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
struct ListReport {
    audiences: Vec<Audience>,
}

impl Report for ListReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.audiences.is_empty() {
            return writeln!(out, "There are no audiences yet.");
        }
        let rows = self.audiences.iter().map(|audience| {
            let problems = match audience.problems.len() {
                0 => String::new(),
                many => many.to_string(),
            };
            [audience.audience_name.to_string(), problems, audience.expression.clone()]
        });
        table(out, ["audience", "problems", "expression"], rows)
    }
}
