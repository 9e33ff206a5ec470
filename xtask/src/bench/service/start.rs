//! How soon a service is back, and what memory it holds, with many users in its folder.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Result;
use tempfile::TempDir;

use super::Served;
use crate::bench::{Options, median};

pub(super) fn run(tool: &Path, options: &Options, out: &mut impl Write) -> Result<()> {
    let folder = TempDir::new()?;
    let file = folder.path().join("fans.csv");
    let mut rows = BufWriter::new(File::create(&file)?);
    writeln!(rows, "userId,sth,plans")?;
    for fan in 0..options.users {
        writeln!(rows, "fan-{fan},{},gold", fan.is_multiple_of(3))?;
    }
    rows.flush()?;
    let service = Served::start(tool, &folder)?;
    let file = file.display().to_string();
    let push = [
        "users",
        "push",
        "--file",
        &file,
        "--map",
        "sth=user_properties.sth:boolean",
        "--map",
        "plans=user_properties.ticketing_plans",
    ];
    let pushed = service.run(&push)?;
    let peak = service.memory("VmHWM");
    // Killed, as after the worst of ends.
    drop(service);
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        let service = Served::start(tool, &folder)?;
        service.run(&["users", "get", "fan-1"])?;
        starts.push(service.start.as_secs_f64() * 1000.0);
        memory.extend(service.memory("VmRSS"));
    }
    writeln!(out, "| {} users | |", options.users)?;
    writeln!(out, "| --- | ---: |")?;
    writeln!(out, "| pushed by the tool, updates/s | {:.0} |", f64::from(options.users) / pushed.seconds)?;
    writeln!(out, "| peak meanwhile, MiB | {} |", median(peak.into_iter().collect(), 0))?;
    writeln!(out, "| started after a kill, ms | {} |", median(starts, 0))?;
    writeln!(out, "| memory then, MiB | {} |", median(memory, 0))?;
    writeln!(out)?;
    Ok(())
}
