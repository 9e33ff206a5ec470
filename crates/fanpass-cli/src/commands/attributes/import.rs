//! `fanpass attributes import`: registers what a file of attributes says otherwise than the service.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use fanpass_client::Client;
use fanpass_model::{AttributeDefinition, AttributeKey, AttributeRegistry, Namespace};
use serde::Serialize;

use super::words::{changes, word};
use crate::attribute_file::{AttributeFile, Entry};
use crate::cli::Global;
use crate::commands::dry_run::DryRun;
use crate::exit::Exit;
use crate::feed::lint::registry;
use crate::printer::{Printer, Report, count};
use crate::session::Session;

/// Register the custom attributes of a file, as far as they differ from what is registered
///
/// The whole file is compared first; if anything in it cannot be registered, nothing is. Attributes that are not in the file
/// are left as they are. The same file again changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass attributes import attributes.toml --dry-run\n  \
    fanpass attributes import attributes.toml\n\n\
A file:\n  \
    [[attribute]]\n  \
    key = \"custom.loyalty_tier\"\n  \
    type = \"string\"                             # or number, boolean, list; left out: any\n  \
    allowed_values = [\"bronze\", \"silver\", \"gold\"]  # left out: any\n  \
    description = \"Tier of the loyalty programme\"\n  \
    owner = \"CRM team\"\n  \
    state = \"active\"                            # or retired")]
pub struct Import {
    /// TOML file of `[[attribute]]` tables
    file: PathBuf,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Import {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let file = AttributeFile::read(&self.file)?;
        let dry_run = self.dry_run.dry_run;
        let session = if dry_run { Session::to_read(global)? } else { Some(Session::open(global).await?) };
        let known = match &session {
            Some(session) => registry(session).await?,
            None => None,
        };
        let mut report = ImportReport::of(self.file, &file.entries, known.as_ref());
        if let Some(session) = session {
            if !dry_run && report.refused == 0 {
                report.send(&file.entries, &session.client).await?;
            }
            session.close().await;
        }
        printer.conclude(&report, Ok(if report.refused > 0 { Exit::Refused } else { Exit::Done }))
    }
}

/// What becomes of one attribute of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Added,
    Changed,
    Unchanged,
    Refused,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ImportedAttribute {
    key: AttributeKey,
    line: usize,
    outcome: Outcome,
    /// What changes, or why it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ImportReport {
    file: PathBuf,
    /// Whether what differs was registered.
    sent: bool,
    /// Whether the service told what is registered.
    compared: bool,
    read: u64,
    added: u64,
    changed: u64,
    unchanged: u64,
    refused: u64,
    /// Registered attributes that the file does not have.
    not_in_file: usize,
    attributes: Vec<ImportedAttribute>,
}

impl ImportReport {
    fn of(file: PathBuf, entries: &[Entry], known: Option<&AttributeRegistry>) -> Self {
        let builtin = AttributeRegistry::builtin();
        let registry = known.unwrap_or(&builtin);
        let attributes: Vec<_> = entries.iter().map(|entry| compare(entry, registry)).collect();
        let of = |outcome| {
            let alike = attributes.iter().filter(|attribute| attribute.outcome == outcome);
            u64::try_from(alike.count()).unwrap_or(u64::MAX)
        };
        let in_file: BTreeSet<_> = entries.iter().map(|entry| &entry.definition.key).collect();
        let custom = registry.iter().filter(|known| known.key.namespace() == Namespace::Custom);
        Self {
            file,
            sent: false,
            compared: known.is_some(),
            read: u64::try_from(entries.len()).unwrap_or(u64::MAX),
            added: of(Outcome::Added),
            changed: of(Outcome::Changed),
            unchanged: of(Outcome::Unchanged),
            refused: of(Outcome::Refused),
            not_in_file: custom.filter(|known| !in_file.contains(&known.key)).count(),
            attributes,
        }
    }

    async fn send(&mut self, entries: &[Entry], client: &Client) -> Result<()> {
        let differs =
            |attribute: &ImportedAttribute| matches!(attribute.outcome, Outcome::Added | Outcome::Changed);
        let different = entries.iter().zip(&self.attributes).filter(|(_, attribute)| differs(attribute));
        let total = self.added + self.changed;
        for ((entry, attribute), done) in different.zip(0_u64..) {
            client.register_attribute(&entry.definition).await.with_context(|| {
                format!(
                    "{} in line {}: {done} of {total} attributes were registered before; import the file again to go on",
                    attribute.key, attribute.line
                )
            })?;
        }
        self.sent = true;
        Ok(())
    }
}

fn compare(Entry { line, definition }: &Entry, registry: &AttributeRegistry) -> ImportedAttribute {
    let key = definition.key.clone();
    let (outcome, detail) = match registry.get(&key) {
        Some(known) => compare_known(known, definition),
        None if key.namespace() == Namespace::Custom => (Outcome::Added, None),
        None => {
            let why =
                "the service's platform catalogue lacks it; its operator adds it to platform-attributes.toml";
            (Outcome::Refused, Some(why.to_owned()))
        }
    };
    ImportedAttribute { key, line: *line, outcome, detail }
}

fn compare_known(known: &AttributeDefinition, wanted: &AttributeDefinition) -> (Outcome, Option<String>) {
    if wanted.key.namespace() == Namespace::Platform {
        // Its words are the service's own.
        let same = known.r#type == wanted.r#type && known.allowed_values == wanted.allowed_values;
        let why = "the service's platform catalogue has other values; its operator changes platform-attributes.toml";
        return if same { (Outcome::Unchanged, None) } else { (Outcome::Refused, Some(why.to_owned())) };
    }
    if known.r#type != wanted.r#type {
        let (known, wanted) = (word(known.r#type), word(wanted.r#type));
        let why = format!("it is registered with type {known}; use another key for type {wanted}");
        return (Outcome::Refused, Some(why));
    }
    match changes(known, wanted).as_slice() {
        [] => (Outcome::Unchanged, None),
        changes => (Outcome::Changed, Some(changes.join(", "))),
    }
}

impl Report for ImportReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let file = self.file.display();
        match (self.refused, self.sent) {
            (0, true) => writeln!(out, "Imported {file}")?,
            (0, false) => writeln!(out, "Would import {file}; nothing was sent")?,
            _ => writeln!(out, "{file} cannot be imported; nothing was sent")?,
        }
        let Self { read, added, changed, unchanged, refused, .. } = self;
        writeln!(
            out,
            "  read {} = added {} + changed {} + unchanged {} + refused {}",
            count(*read),
            count(*added),
            count(*changed),
            count(*unchanged),
            count(*refused)
        )?;
        for ImportedAttribute { key, line, outcome, detail } in &self.attributes {
            let detail = detail.as_deref().unwrap_or_default();
            match outcome {
                Outcome::Added => writeln!(out, "  + {key}")?,
                Outcome::Changed => writeln!(out, "  ~ {key}: {detail}")?,
                Outcome::Refused => writeln!(out, "  ! {file}:{line}: {key}: {detail}")?,
                Outcome::Unchanged => {}
            }
        }
        if self.not_in_file > 0 {
            writeln!(out, "  left as they are, as they are not in the file: {}", self.not_in_file)?;
        }
        if !self.compared {
            writeln!(out, "  not checked what is registered already")?;
        }
        Ok(())
    }
}
