//! One large file in a multipart form: each transport beside curl.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::process::{Place, Sink, find, measure};
use super::{Options, median};

const STACKS: [(&str, &str); 3] =
    [("connection", "hyper, a connection per worker"), ("pool", "hyper, a pool"), ("reqwest", "reqwest")];

/// One peer's rounds.
#[derive(Default)]
struct Rounds {
    seconds: Vec<f64>,
    ratios: Vec<f64>,
    memory: Vec<f64>,
}

pub(super) fn run(bench: &Path, options: &Options, out: &mut impl Write) -> Result<()> {
    let sink = Sink::own(bench, Place::Anywhere).context("cannot start the sink")?;
    let origin = sink.origin();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ids.csv");
    // Without blocks on the disk: reading it costs the same for all and depends on no disk.
    File::create(&path)?.set_len(options.upload_mib << 20)?;
    let path = path.to_str().context("the temporary folder's name is no text")?;
    let (target, form) = (format!("{origin}/api/v1/segments"), format!("file=@{path};type=text/csv"));
    let curl = find("curl");
    let mut peer = Rounds::default();
    let mut stacks = STACKS.map(|_| Rounds::default());
    for _ in 0..options.rounds {
        let best = match &curl {
            Some(curl) => {
                Some(peer.measure(curl, &["-sSf", "-F", "segmentName=bench", "-F", &form, &target], None)?)
            }
            None => None,
        };
        for ((stack, _), rounds) in STACKS.iter().zip(&mut stacks) {
            rounds.measure(bench, &["upload", stack, origin, path], best)?;
        }
    }
    let mebibytes = options.upload_mib;
    writeln!(out, "| upload of {mebibytes} MiB | MiB/s | of curl | at least | peak MiB | at most |")?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: |")?;
    let size = f64::from(u32::try_from(mebibytes)?);
    if curl.is_some() {
        peer.row("curl -F", size, "", out)?;
    }
    for ((_, name), rounds) in STACKS.iter().zip(stacks) {
        rounds.row(name, size, "1", out)?;
    }
    if curl.is_none() {
        writeln!(out, "\ncurl is not installed, so there are no ratios.")?;
    }
    writeln!(out)?;
    Ok(())
}

impl Rounds {
    fn measure(&mut self, program: &Path, arguments: &[&str], best: Option<f64>) -> Result<f64> {
        let measured = measure(program, arguments, Place::Anywhere)?;
        self.seconds.push(measured.seconds);
        self.ratios.extend(best.map(|best| best / measured.seconds));
        self.memory.extend(measured.memory);
        Ok(measured.seconds)
    }

    fn row(self, name: &str, size: f64, target: &str, out: &mut impl Write) -> Result<()> {
        let limit = if target.is_empty() { "" } else { "16" };
        writeln!(
            out,
            "| {name} | {} | {} | {target} | {} | {limit} |",
            median(self.seconds.iter().map(|seconds| size / seconds).collect(), 0),
            median(self.ratios, 2),
            median(self.memory, 1)
        )?;
        Ok(())
    }
}
