//! `fanpass fsck`: whether everything that must hold in the data folder does.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fanpass_server::store::{self, Check, Severity};
use serde::Serialize;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report};

/// Verify everything in the data folder, and change nothing
///
/// Databases and their logs, lists and their checksums, ids, counts, histories and columns of users, uploads that wait, tokens,
/// audit, files' modes. The service may run on. Ends with exit code 12 if anything is damaged, each with what to do next.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass fsck --data /var/lib/fanpass")]
pub struct Fsck {}

impl Fsck {
    pub fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let check = store::check(&global.data)?;
        let exit = if check.damages == 0 { Exit::Done } else { Exit::Damaged };
        printer.conclude(&FsckReport { data: global.data.clone(), check }, Ok(exit))
    }
}

#[derive(Debug, Serialize)]
struct FsckReport {
    data: PathBuf,
    #[serde(flatten)]
    check: Check,
}

impl Report for FsckReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Check { in_use, damages, notices, findings, .. } = &self.check;
        writeln!(
            out,
            "Checked {}{}\n",
            self.data.display(),
            if *in_use { ", on which a service runs" } else { "" }
        )?;
        let check = &self.check;
        for (what, count) in [
            ("segments", check.segments),
            ("versions", check.versions),
            ("members", check.members),
            ("imports", check.imports),
            ("users", check.users),
            ("attributes", check.attributes),
            ("audiences", check.audiences),
            ("tokens", check.tokens),
            ("audit", check.audit_records),
        ] {
            writeln!(out, "  {what:10}  {count}")?;
        }
        if !findings.is_empty() {
            writeln!(out)?;
        }
        for finding in findings {
            let word = match finding.severity {
                Severity::Notice => "notice",
                _ => "DAMAGE",
            };
            writeln!(out, "{word}  {}: {}\n        {}", finding.place, finding.what, finding.next)?;
        }
        match (damages, notices) {
            (0, 0) => writeln!(out, "\nEverything is as it must be."),
            (0, notices) => writeln!(out, "\nNothing is damaged; notices: {notices}"),
            (damages, notices) => writeln!(out, "\ndamages: {damages}, notices: {notices}"),
        }
    }
}
