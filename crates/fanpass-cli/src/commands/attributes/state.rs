//! `fanpass attributes retire` and `restore`: whether a custom attribute can be set.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{AttributeDefinition, AttributeKey, AttributeState};
use serde::Serialize;

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::lint::registry;
use crate::printer::{Printer, Report};
use crate::session::Session;

/// Retire a custom attribute: it can be unset and not be set any more
///
/// What users carry of it stays. Nothing else of the attribute changes, and it can be restored.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass attributes retire custom.loyalty_tier")]
pub struct Retire {
    #[command(flatten)]
    which: Which,
}

/// Restore a retired attribute, so that it can be set again
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass attributes restore custom.loyalty_tier")]
pub struct Restore {
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Args)]
struct Which {
    /// The attribute's key
    key: AttributeKey,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Retire {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        self.which.set(AttributeState::Retired, global, printer).await
    }
}

impl Restore {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        self.which.set(AttributeState::Active, global, printer).await
    }
}

impl Which {
    async fn set(self, state: AttributeState, global: &Global, printer: Printer) -> Result<Exit> {
        let Self { key, dry_run } = self;
        if dry_run.dry_run {
            printer.report(&intent(&key, &state, global).await?)?;
            return Ok(Exit::Done);
        }
        let session = Session::open(global).await?;
        let definition = session.client.set_attribute_state(&key, state).await?;
        let other = if definition.is_retired() { "restore" } else { "retire" };
        let undo = session.next(&format!("attributes {other} {key}"));
        session.close().await;
        printer.report(&StateReport { definition, undo })?;
        Ok(Exit::Done)
    }
}

async fn intent(key: &AttributeKey, state: &AttributeState, global: &Global) -> Result<Intent> {
    let registry = match Session::to_read(global)? {
        Some(session) => registry(&session).await?,
        None => None,
    };
    if registry.as_ref().is_some_and(|registry| registry.get(key).is_none()) {
        return Err(failure(Exit::NotFound, format!("{key} is not registered; nothing was sent")));
    }
    let verb = if *state == AttributeState::Retired { "retire" } else { "restore" };
    Ok(Intent::to(format!("{verb} {key}")).if_only("it is registered", registry.is_some()))
}

#[derive(Debug, Serialize)]
struct StateReport {
    #[serde(flatten)]
    definition: AttributeDefinition,
    undo: String,
}

impl Report for StateReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { definition, undo } = self;
        if definition.is_retired() {
            writeln!(
                out,
                "Retired {}: it can be unset and not be set; what users carry stays",
                definition.key
            )?;
        } else {
            writeln!(out, "Restored {}: it can be set again", definition.key)?;
        }
        writeln!(out, "\nUndo: {undo}")
    }
}
