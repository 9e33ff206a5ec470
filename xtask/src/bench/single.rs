//! Single processes: a request with a million inline ids, and the start of the tool.

use std::io::Write;
use std::path::Path;

use anyhow::Result;

use super::process::{Place, measure};
use super::{Options, median};

const IDS: &str = "1000000";

/// Measures the example `inline_ids` of the client, and the tool, both built already.
pub(super) fn run(inline_ids: &Path, tool: &Path, options: &Options, out: &mut impl Write) -> Result<()> {
    writeln!(out, "| one process | ms | at most | peak MiB | at most |")?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: |")?;
    let peers: [(&str, &Path, &str, &str, &str); 2] = [
        ("a million inline ids as JSON", inline_ids, IDS, "", "16"),
        ("fanpass --version", tool, "--version", "10", ""),
    ];
    for (name, program, argument, slowest, largest) in peers {
        let (mut times, mut memory) = (Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            let run = measure(program, &[argument], Place::Anywhere)?;
            times.push(run.seconds * 1000.0);
            memory.extend(run.memory);
        }
        let (time, peak) = (median(times, 1), median(memory, 1));
        writeln!(out, "| {name} | {time} | {slowest} | {peak} | {largest} |")?;
    }
    writeln!(out)?;
    Ok(())
}
