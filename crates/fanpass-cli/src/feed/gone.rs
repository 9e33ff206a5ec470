//! Users who are not in a feed's file any more, each with the attributes that it loses.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};

use anyhow::{Context as _, Result};
use fanpass_model::{AttributeKey, UserId, UserProperties};
use fanpass_sync::{Departures, Ledger};

use crate::temporary::Temporary;

/// Users that are kept as samples.
const SAMPLES: usize = 5;

/// Users who are gone and lose something.
#[derive(Debug)]
pub struct Gone {
    /// A user and its attributes as unset, one a line.
    file: Temporary,
    pub users: u64,
    /// Some of them, in byte order.
    pub samples: BTreeSet<String>,
}

impl Gone {
    /// Those of `departures` who have a value of one of `keys` that went through the ledger.
    pub fn of<'k>(
        departures: Departures,
        ledger: &mut Ledger,
        keys: impl IntoIterator<Item = &'k AttributeKey>,
    ) -> Result<Self> {
        let mut gone = Self { file: Temporary::new()?, users: 0, samples: BTreeSet::new() };
        let mut out = BufWriter::new(&mut gone.file);
        let mut written = Ok(());
        departures.finish(ledger, keys, |user, lost| {
            gone.users += 1;
            if written.is_ok() {
                let line = serde_json::to_writer(&mut out, &(&user, lost)).map_err(io::Error::from);
                written = line.and_then(|()| writeln!(out));
            }
            gone.samples.insert(user.into());
            if gone.samples.len() > SAMPLES {
                gone.samples.pop_last();
            }
        })?;
        written.and_then(|()| out.flush())?;
        drop(out);
        Ok(gone)
    }

    /// What is to be sent for each of them.
    pub fn updates(&self) -> Result<impl Iterator<Item = Result<(UserId, UserProperties)>> + use<>> {
        let lines = BufReader::new(File::open(self.file.path())?).lines();
        Ok(lines.map(|line| serde_json::from_str(&line?).context("a temporary file was changed")))
    }
}
