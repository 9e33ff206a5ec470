//! `fanpass audiences show`: one saved audience.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{Audience, AudienceName, shown};

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report};
use crate::session::Session;

/// Show one saved audience, and what has become wrong with it
#[derive(Debug, Args)]
pub struct Show {
    /// The audience
    audience: AudienceName,
}

impl Show {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let audience = session.client.get_audience(&self.audience).await?;
        session.close().await;
        printer.report(&audience)?;
        Ok(Exit::Done)
    }
}

impl Report for Audience {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Audience { description, subject, problems, .. } = self;
        writeln!(out, "audience    {}", self.audience_name)?;
        writeln!(out, "expression  {}", shown(&self.expression))?;
        if let Some(description) = description {
            writeln!(out, "for         {}", shown(description))?;
        }
        match subject {
            Some(subject) => writeln!(out, "saved       {} by {}", self.updated_at, shown(subject))?,
            None => writeln!(out, "saved       {}", self.updated_at)?,
        }
        problems.iter().try_for_each(|problem| writeln!(out, "problem     {}", shown(&problem.detail)))
    }
}
