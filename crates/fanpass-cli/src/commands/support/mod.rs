//! `fanpass support-bundle`: what helps to understand a bug, in one file that can be sent to anybody.

mod data_folder;
mod history;

use std::collections::BTreeMap;
use std::env;
use std::fs::File;
use std::io::{self, Cursor, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde::Serialize;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use self::data_folder::DataFolder;
use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report};
use crate::private_file::{refuse_homeless, refuse_taken};
use crate::profile::ConfigFolder;

/// Collect what helps to understand a bug, without personal data
///
/// The file holds no token, no user id, no segment name and nothing of an export. Nothing is started and no service is
/// asked. Look into it before you send it: it is a ZIP of a few lines of text.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  fanpass support-bundle --out bundle.zip\n  \
    fanpass support-bundle --out bundle.zip --ledger season.toml")]
pub struct SupportBundle {
    /// ZIP file to write; it must not exist yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A ledger, or a configuration file (.toml) whose ledger it is: the figures of its latest runs are packed too
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
}

impl SupportBundle {
    pub fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let mut parts = parts(global)?;
        if let Some(ledger) = &self.ledger {
            parts.push(Part::new(
                "runs.json",
                "figures of the ledger's latest runs, no names",
                &history::look(ledger)?,
            )?);
        }
        let packed = pack(&parts).context("cannot pack the bundle")?;
        let out = self.out.display();
        refuse_taken(&self.out)?;
        refuse_homeless(&self.out)?;
        let written = File::create_new(&self.out).and_then(|mut file| file.write_all(&packed));
        written.with_context(|| format!("cannot write {out}"))?;
        let holds = parts.into_iter().map(|Part { name, holds, .. }| Held { name, holds }).collect();
        printer.report(&BundleReport { file: self.out, holds })?;
        Ok(Exit::Done)
    }
}

/// One file of the bundle.
struct Part {
    name: &'static str,
    holds: &'static str,
    content: String,
}

impl Part {
    fn new(name: &'static str, holds: &'static str, content: &impl Serialize) -> Result<Self> {
        let mut content = serde_json::to_string_pretty(content)?;
        content.push('\n');
        Ok(Self { name, holds, content })
    }
}

fn parts(global: &Global) -> Result<Vec<Part>> {
    let tool = BTreeMap::from([
        ("version", env!("CARGO_PKG_VERSION")),
        ("os", env::consts::OS),
        ("architecture", env::consts::ARCH),
    ]);
    let variables = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut variables: Vec<_> = variables.filter(|name| name.starts_with("FANPASS_")).collect();
    variables.sort();
    Ok(vec![
        Part::new("tool.json", "version, operating system and architecture", &tool)?,
        Part::new("environment.json", "names of our environment variables that are set", &variables)?,
        Part::new("profiles.json", "names and domains of profiles, no tokens", &profiles(global))?,
        Part::new(
            "data.json",
            "sizes and versions of the local service's files",
            &DataFolder::look(&global.data),
        )?,
        Part { name: "exit-codes.txt", holds: "what exit codes mean", content: Exit::table() },
    ])
}

/// A profile as far as it may be told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    domain: String,
    has_token: bool,
}

/// The profiles, or that they cannot be read: a bug report is wanted all the same.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Profiles {
    Read(BTreeMap<String, Profile>),
    Unreadable { error: &'static str },
}

fn profiles(global: &Global) -> Profiles {
    let read = || -> Result<BTreeMap<String, Profile>> {
        let folder = ConfigFolder::new(global.config.clone())?;
        let described = folder.profiles()?.into_iter().map(|(name, profile)| {
            // Written by hand, a domain could carry a password.
            let domain = if profile.domain.contains('@') { "left out".to_owned() } else { profile.domain };
            let has_token = folder.has_token(&name);
            (name, Profile { domain, has_token })
        });
        Ok(described.collect())
    };
    // The error itself would quote the file.
    let unreadable =
        |_| Profiles::Unreadable { error: "the profiles cannot be read: see `fanpass auth status`" };
    read().map_or_else(unreadable, Profiles::Read)
}

fn pack(parts: &[Part]) -> Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for Part { name, content, .. } in parts {
        archive.start_file(*name, SimpleFileOptions::default())?;
        archive.write_all(content.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

#[derive(Debug, Serialize)]
struct BundleReport {
    file: PathBuf,
    holds: Vec<Held>,
}

#[derive(Debug, Serialize)]
struct Held {
    name: &'static str,
    holds: &'static str,
}

impl Report for BundleReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "Wrote {}, which holds no token, no id and nothing of an export:\n",
            self.file.display()
        )?;
        self.holds.iter().try_for_each(|Held { name, holds }| writeln!(out, "  {name:<18}{holds}"))
    }
}
