//! `fanpass attributes list`: the catalogue and what was registered.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{AttributeList, Namespace, ga4};

use super::words::{state, values};
use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report, table};
use crate::session::Session;

/// List the platform catalogue and the registered custom attributes
///
/// Of platform attributes it is told below what keeps them from reaching GA4 whole.
#[derive(Debug, Args)]
pub struct List {}

impl List {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let attributes = session.client.all_attributes().await?;
        session.close().await;
        printer.report(&attributes)?;
        Ok(Exit::Done)
    }
}

impl Report for AttributeList {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.attributes.iter().map(|attribute| {
            let is_custom = attribute.key.namespace() == Namespace::Custom;
            [
                attribute.key.to_string(),
                values(attribute),
                if is_custom { state(attribute).to_owned() } else { "platform".to_owned() },
                attribute.owner.clone().unwrap_or_default(),
                attribute.description.clone().unwrap_or_default(),
            ]
        });
        table(out, ["attribute", "values", "state", "owner", "description"], rows)?;
        let warnings = ga4::lint_definitions(&self.attributes);
        warnings.iter().try_for_each(|warning| writeln!(out, "warning: {warning}"))
    }
}
