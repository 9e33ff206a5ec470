//! The rows of a feed's file in a plan, by what becomes of them.

use std::io::{self, Write};

use fanpass_sync::Figures;
use serde::{Deserialize, Serialize};

use crate::printer::count;

/// The rows of a feed's file; `read` is the sum of the others. While nothing was sent, those to be sent are `unsent`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rows {
    pub read: u64,
    pub sent: u64,
    pub unchanged: u64,
    pub duplicate: u64,
    pub empty: u64,
    pub rejected: u64,
    pub unsent: u64,
}

impl From<Figures> for Rows {
    fn from(figures: Figures) -> Self {
        let Figures { read, sent, unchanged, duplicate, empty, rejected, unsent, .. } = figures;
        Self { read, sent, unchanged, duplicate, empty, rejected, unsent }
    }
}

impl Rows {
    pub fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { read, unchanged, duplicate, empty, rejected, unsent, .. } = *self;
        let buckets = [
            ("send", unsent),
            ("unchanged", unchanged),
            ("duplicate", duplicate),
            ("empty", empty),
            ("rejected", rejected),
        ];
        let sum: Vec<_> = buckets.iter().map(|(name, rows)| format!("{name} {}", count(*rows))).collect();
        writeln!(out, "  rows: read {} = {}", count(read), sum.join(" + "))
    }
}
