//! `fanpass attributes list`: the catalogue and what was registered.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::AttributeList;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report, table};
use crate::session::Session;

/// List the platform catalogue and the registered custom attributes
#[derive(Debug, Args)]
pub struct List {}

impl List {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let attributes = session.client.list_attributes().await?;
        session.close().await;
        printer.report(&attributes)?;
        Ok(Exit::Done)
    }
}

impl Report for AttributeList {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.attributes.iter().map(|attribute| {
            let kind = attribute.r#type.map_or("any", fanpass_model::AttributeType::as_str);
            [attribute.key.to_string(), kind.to_owned(), attribute.description.clone().unwrap_or_default()]
        });
        table(out, ["attribute", "type", "description"], rows)
    }
}
