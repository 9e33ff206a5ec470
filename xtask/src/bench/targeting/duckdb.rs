//! `DuckDB` in a Python of its own, where the package is installed.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result};

use super::data::{Data, TABLES};
use crate::bench::process::find;

/// Loads the tables, then answers each statement with its number and the milliseconds that it took.
const SCRIPT: &str = r"
import sys, time, duckdb
database, tables, users, members = sys.argv[1:]
connection = duckdb.connect(database)
connection.execute(tables)
connection.execute(f'''COPY users FROM '{users}' (HEADER)''')
connection.execute(f'''COPY members FROM '{members}' (HEADER)''')
connection.execute('ANALYZE; CHECKPOINT')
print('ready', flush=True)
for statement in sys.stdin:
    began = time.perf_counter()
    number = connection.execute(statement).fetchone()[0]
    print(number, (time.perf_counter() - began) * 1000, flush=True)
";

/// A database in a file, open for as long as this lives.
pub(super) struct DuckDb {
    process: Child,
    talk: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
}

impl DuckDb {
    /// `None` where Python or the package is not installed.
    pub(super) fn start(data: &Data, folder: &Path) -> Result<Option<Self>> {
        let Some(python) = find("python3") else { return Ok(None) };
        let installed = Command::new(&python).args(["-c", "import duckdb"]).stderr(Stdio::null()).status()?;
        if !installed.success() {
            return Ok(None);
        }
        let mut process = Command::new(python)
            .args(["-c", SCRIPT])
            .arg(folder.join("duck.db"))
            .arg(TABLES.replace("{text}", "text"))
            .args([&data.table, &data.members])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().context("no input")?;
        let mut output = BufReader::new(process.stdout.take().context("no output")?);
        output.read_line(&mut String::new())?;
        Ok(Some(Self { process, talk: RefCell::new((input, output)) }))
    }

    /// The number that a statement gives, and the milliseconds that it took.
    pub(super) fn count(&self, statement: &str) -> Result<(u64, f64)> {
        let (input, output) = &mut *self.talk.borrow_mut();
        writeln!(input, "{statement}")?;
        let mut line = String::new();
        output.read_line(&mut line)?;
        let (number, time) = line.trim().split_once(' ').context("DuckDB gave no answer")?;
        Ok((number.parse()?, time.parse()?))
    }
}

impl Drop for DuckDb {
    fn drop(&mut self) {
        // It is asked no more, and nobody waits for its result.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
