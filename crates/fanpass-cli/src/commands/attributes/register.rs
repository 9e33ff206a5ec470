//! `fanpass attributes register`: makes a custom attribute known.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, ValueEnum};
use fanpass_model::{AttributeDefinition, AttributeKey, AttributeType, Namespace};

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::lint::registry;
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
    #[command(flatten)]
    dry_run: DryRun,
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
        if self.dry_run.dry_run {
            printer.report(&intent(&definition, global).await?)?;
            return Ok(Exit::Done);
        }
        let session = Session::open(global).await?;
        let registered = session.client.register_attribute(&definition).await?;
        session.close().await;
        printer.report(&registered)?;
        Ok(Exit::Done)
    }
}

/// What a registration would do, as far as that can be told without doing it.
async fn intent(definition: &AttributeDefinition, global: &Global) -> Result<Intent> {
    let AttributeDefinition { key, r#type, .. } = definition;
    let refuse = |why: &str| failure(Exit::Refused, format!("{key} {why}; nothing was sent"));
    if key.namespace() == Namespace::Platform {
        return Err(refuse("is a platform attribute; only custom ones are registered"));
    }
    let registry = match Session::to_read(global)? {
        Some(session) => registry(&session).await?,
        None => None,
    };
    let known = registry.as_ref().and_then(|registry| registry.get(key));
    let kind = word(*r#type);
    let would = match known.map(|known| known.r#type) {
        None => format!("register {key}, values: {kind}"),
        Some(known) if known == *r#type => {
            format!("describe {key} anew, which is registered already, values: {kind}")
        }
        Some(known) => {
            let known = word(known);
            return Err(refuse(&format!(
                "is registered with type {known}; register another key for type {kind}"
            )));
        }
    };
    Ok(Intent::to(would).if_only("the key is free for values of this type", registry.is_some()))
}

fn word(kind: Option<AttributeType>) -> &'static str {
    kind.map_or("any", AttributeType::as_str)
}

impl Report for AttributeDefinition {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Registered {}, values: {}", self.key, word(self.r#type))
    }
}
