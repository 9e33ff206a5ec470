//! `fanpass attributes register`: makes a custom attribute known.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, ValueEnum};
use fanpass_model::{AttributeDefinition, AttributeKey, AttributeType, AttributeValue, Namespace};
use serde::Serialize;

use super::words::{changes, values, word};
use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::lint::registry;
use crate::printer::{Printer, Report};
use crate::session::Session;

/// Register a custom attribute, so that users can carry it
///
/// Registering a key again replaces what is said of it, but for its type: what is left out is taken away, and a retired
/// attribute becomes active. Values that users carry stay, also those that are not allowed any more.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass attributes register custom.loyalty_tier --type string --description 'Tier of the loyalty programme'\n  \
    fanpass attributes register custom.stars --type number --allow 1 --allow 2 --allow 3 --owner 'CRM team'")]
pub struct Register {
    /// The attribute's key, `custom.` and a name
    key: AttributeKey,
    /// What values it takes; any when not said
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<ValueType>,
    /// A value that it takes, of a list an entry; repeat for more. Any when not said
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    allow: Vec<String>,
    /// What it means
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Who answers for it
    #[arg(long, value_name = "TEXT")]
    owner: Option<String>,
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

impl From<ValueType> for AttributeType {
    fn from(kind: ValueType) -> Self {
        match kind {
            ValueType::String => Self::String,
            ValueType::Number => Self::Number,
            ValueType::Boolean => Self::Boolean,
            ValueType::List => Self::List,
        }
    }
}

impl Register {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let definition = self.definition()?;
        if self.dry_run.dry_run {
            printer.report(&intent(&definition, global).await?)?;
            return Ok(Exit::Done);
        }
        let session = Session::open(global).await?;
        let definition = session.client.register_attribute(&definition).await?;
        let kind = definition.r#type.filter(|kind| *kind != AttributeType::String);
        let kind = kind.map(|kind| format!(":{kind}")).unwrap_or_default();
        let next = session.next(&format!("users update USER --set {}{kind}=VALUE", definition.key));
        session.close().await;
        printer.report(&RegisterReport { definition, next })?;
        Ok(Exit::Done)
    }

    /// What is to be registered, if it can be.
    fn definition(&self) -> Result<AttributeDefinition> {
        let mut definition = AttributeDefinition::new(self.key.clone());
        definition.r#type = self.kind.map(AttributeType::from);
        definition.description.clone_from(&self.description);
        definition.owner.clone_from(&self.owner);
        let values = self.allow.iter().map(|text| allowed(definition.r#type, text));
        definition.allowed_values = values.collect::<Result<_>>()?;
        let faults = definition.faults().into_iter().map(|fault| {
            let value = fault.entry.and_then(|entry| self.allow.get(entry));
            value.map_or(format!("the {}", fault.error), |value| {
                format!("--allow {value:?}: the {}", fault.error)
            })
        });
        let faults: Vec<_> = faults.collect();
        if faults.is_empty() { Ok(definition) } else { Err(failure(Exit::Usage, faults.join("; "))) }
    }
}

/// An allowed value of an attribute of that type, as it is written on the command line.
fn allowed(kind: Option<AttributeType>, text: &str) -> Result<AttributeValue> {
    let Some(kind @ (AttributeType::Number | AttributeType::Boolean)) = kind else {
        return Ok(text.into());
    };
    let value: Option<AttributeValue> = serde_json::from_str(text).ok();
    let value = value.filter(|value| value.attribute_type() == Some(kind));
    value.ok_or_else(|| failure(Exit::Usage, format!("--allow {text:?}: this is no {kind}")))
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
    let would = match known {
        None => format!("register {key}, values: {kind}"),
        Some(known) if known.r#type == *r#type => {
            let changes = changes(known, definition);
            let what = if changes.is_empty() { "nothing".to_owned() } else { changes.join(", ") };
            format!("change {what} of {key}, which is registered already, values: {kind}")
        }
        Some(known) => {
            let known = word(known.r#type);
            return Err(refuse(&format!(
                "is registered with type {known}; register another key for type {kind}"
            )));
        }
    };
    Ok(Intent::to(would).if_only("the key is free for values of this type", registry.is_some()))
}

#[derive(Debug, Serialize)]
struct RegisterReport {
    #[serde(flatten)]
    definition: AttributeDefinition,
    next: String,
}

impl Report for RegisterReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { definition, .. } = self;
        writeln!(out, "Registered {}, values: {}", definition.key, values(definition))
    }

    fn next(&self) -> Option<String> {
        Some(self.next.clone())
    }
}
