//! `fanpass attributes register`: makes a custom attribute known.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, ValueEnum};
use fanpass_model::{AttributeDefinition, AttributeKey, AttributeType};

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report};
use crate::session::Session;

/// Register a custom attribute, so that users can carry it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    fanpass attributes register custom.loyalty_tier --type string --description 'Tier of the loyalty programme'")]
pub struct Register {
    /// The attribute's key, `custom.` and a name
    key: AttributeKey,
    /// What values it takes; any when not said
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<ValueType>,
    /// What it means
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ValueType {
    String,
    Number,
    Boolean,
    List,
}

impl Register {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let mut definition = AttributeDefinition::new(self.key);
        definition.description = self.description;
        definition.r#type = self.kind.map(|kind| match kind {
            ValueType::String => AttributeType::String,
            ValueType::Number => AttributeType::Number,
            ValueType::Boolean => AttributeType::Boolean,
            ValueType::List => AttributeType::List,
        });
        let session = Session::open(global).await?;
        let registered = session.client.register_attribute(&definition).await?;
        session.close().await;
        printer.report(&registered)?;
        Ok(Exit::Done)
    }
}

impl Report for AttributeDefinition {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let kind = self.r#type.map_or("any", AttributeType::as_str);
        writeln!(out, "Registered {}, values: {kind}", self.key)
    }
}
