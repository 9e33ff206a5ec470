//! A service in a process of its own, and the tool that calls it.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::bench::process::{Measured, Place, measure};

/// What `serve` prints when it listens.
#[derive(Deserialize)]
struct Started {
    url: String,
    token: String,
}

/// A running service; it is killed when this is dropped.
pub(in crate::bench) struct Served {
    process: Child,
    /// Open for as long as the process runs.
    _output: BufReader<ChildStdout>,
    pub(in crate::bench) origin: String,
    pub(in crate::bench) token: String,
    /// Its owner alone can read it, as the tool demands.
    token_file: PathBuf,
    tool: PathBuf,
    /// From the start of the process until it listens.
    pub(in crate::bench) start: Duration,
}

impl Served {
    /// Starts it on the data folder `data` in `folder`.
    pub(in crate::bench) fn start(tool: &Path, folder: impl AsRef<Path>) -> Result<Self> {
        Self::start_with(tool, folder, &[])
    }

    /// As [`start`](Self::start), with settings.
    pub(in crate::bench) fn start_with(
        tool: &Path,
        folder: impl AsRef<Path>,
        settings: &[String],
    ) -> Result<Self> {
        let folder = folder.as_ref();
        let began = Instant::now();
        let mut process = Command::new(tool)
            .args(["serve", "--listen", "127.0.0.1:0", "--json", "--data"])
            .arg(folder.join("data"))
            .args(settings.iter().flat_map(|setting| ["--set", setting]))
            .stdout(Stdio::piped())
            .spawn()?;
        let mut output = BufReader::new(process.stdout.take().context("no output")?);
        let mut json = String::new();
        while !json.ends_with("}\n") {
            if output.read_line(&mut json)? == 0 {
                bail!("the service ended: {json}");
            }
        }
        let start = began.elapsed();
        let Started { url, token } = serde_json::from_str(&json)?;
        let token_file = folder.join("token");
        write_private(&token_file, &token)?;
        let (origin, tool) = (url, tool.to_owned());
        Ok(Self { process, _output: output, origin, token, token_file, tool, start })
    }

    /// Runs the tool against it to its end.
    pub(in crate::bench) fn run(&self, arguments: &[&str]) -> Result<Measured> {
        let token = self.token_file.display().to_string();
        let mut all = arguments.to_vec();
        all.extend(["--domain", &self.origin, "--token-file", &token]);
        measure(&self.tool, &all, Place::Anywhere)
    }

    /// Resident memory in MiB: at its peak (`VmHWM`) or now (`VmRSS`), where the system tells.
    pub(in crate::bench) fn memory(&self, field: &str) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
        let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes / 1024.0)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It is measured no more, and nobody waits for its result.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(in crate::bench) fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut options = fs::File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.create(true).truncate(true).write(true).open(path)?.write_all(text.as_bytes())?;
    Ok(())
}
