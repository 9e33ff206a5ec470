//! `--dry-run` of the commands that make one call: what they would do, and which of it could be checked beforehand.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use crate::printer::Report;

/// Whether a command is to change nothing.
#[derive(Debug, Clone, Copy, Args)]
pub struct DryRun {
    /// Check what can be checked, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What a command would do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    dry_run: bool,
    would: String,
    /// What was found to be so.
    checked: Vec<String>,
    /// What only the service could have told, which was not asked.
    unchecked: Vec<String>,
    warnings: Vec<String>,
}

impl Intent {
    /// To do that, in the words that follow "would".
    pub fn to(would: impl Into<String>) -> Self {
        Self { dry_run: true, would: would.into(), checked: vec![], unchecked: vec![], warnings: vec![] }
    }

    /// What must hold for it to succeed; `checked` says whether it was seen to.
    #[must_use]
    pub fn if_only(mut self, condition: impl Into<String>, checked: bool) -> Self {
        if checked { &mut self.checked } else { &mut self.unchecked }.push(condition.into());
        self
    }

    /// What a person should know before doing it.
    #[must_use]
    pub fn but(mut self, warnings: impl IntoIterator<Item = String>) -> Self {
        self.warnings.extend(warnings);
        self
    }
}

impl Report for Intent {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { would, checked, unchecked, warnings, .. } = self;
        writeln!(out, "Would {would}; nothing was changed")?;
        checked.iter().try_for_each(|condition| writeln!(out, "  checked that {condition}"))?;
        unchecked.iter().try_for_each(|condition| writeln!(out, "  not checked whether {condition}"))?;
        warnings.iter().try_for_each(|warning| writeln!(out, "warning: {warning}"))
    }
}
