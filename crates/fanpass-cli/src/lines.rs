//! Results of which there may be any number, written one a line.

use std::fmt;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};

use anyhow::{Context as _, Result};
use fanpass_model::shown;
use serde::Serialize;

/// What could not be done where standard output takes no more.
pub const OUTPUT: &str = "cannot write to standard output";

/// Writes a document that is known as a whole, as it is.
pub fn write_out(document: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(document).and_then(|()| out.flush()).context(OUTPUT)
}

/// Results of which there may be any number: one a line as text, or with `--json` a document a line.
pub struct Lines {
    out: BufWriter<io::Stdout>,
    json: bool,
    terminal: bool,
}

impl Lines {
    /// On standard output.
    pub fn new(json: bool) -> Self {
        let out = io::stdout();
        Self { terminal: out.is_terminal(), out: BufWriter::new(out), json }
    }

    /// Writes one of them.
    pub fn write(&mut self, text: &str, json: &impl Serialize) -> Result<()> {
        let mut write = || {
            if self.json {
                serde_json::to_writer(&mut self.out, json)?;
            } else if self.terminal {
                // A file gets each text byte for byte, a person what it holds.
                self.out.write_all(shown(text).as_bytes())?;
            } else {
                self.out.write_all(text.as_bytes())?;
            }
            self.out.write_all(b"\n")
        };
        write().context(OUTPUT)
    }

    /// Writes what is left.
    pub fn finish(mut self) -> Result<()> {
        self.out.flush().context(OUTPUT)
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}
