//! Small requests to nginx: each transport beside wrk.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::process::{Measured, Place, Sink, find, measure};
use super::{Options, median};

/// The transports, and the share of wrk's rate that each has to reach.
const STACKS: [(&str, &str, Option<f64>); 5] = [
    ("bare", "no transport: hyper in a loop of its own", None),
    ("connection", "hyper, a connection per worker", Some(0.9)),
    ("pool", "hyper, a pool", Some(0.75)),
    ("reqwest", "reqwest", Some(0.55)),
    ("stack", "a connection per worker, all middleware", None),
];

/// A request like those of the transports.
const SCRIPT: &str = r#"
wrk.method = "POST"
wrk.body = '{"userId":"fan-0000001","userProperties":{"user_properties.sth":true,"custom.loyalty_tier":"gold"}}'
wrk.headers["Authorization"] = "Bearer token"
wrk.headers["Content-Type"] = "application/json"
"#;

/// One peer's rounds.
#[derive(Default)]
struct Rounds {
    rates: Vec<f64>,
    ratios: Vec<f64>,
    microseconds: Vec<f64>,
}

/// The sink has one processor, the client the other.
const SINK: Place = Place::Processor(0);
const CLIENT: Place = Place::Processor(1);

pub(super) fn run(bench: &Path, options: &Options, out: &mut impl Write) -> Result<()> {
    let nginx = find("nginx");
    let sink = match &nginx {
        Some(nginx) => Sink::nginx(nginx, SINK),
        None => Sink::own(bench, SINK),
    }
    .context("cannot start the sink")?;
    let origin = sink.origin();
    let (connections, seconds) = (options.connections.to_string(), options.seconds.to_string());
    let wrk = find("wrk");
    let mut limit = Rounds::default();
    let mut stacks = STACKS.map(|_| Rounds::default());
    for _ in 0..options.rounds {
        let best = match &wrk {
            Some(wrk) => Some(limit.wrk(wrk, origin, options)?),
            None => None,
        };
        for ((stack, ..), rounds) in STACKS.iter().zip(&mut stacks) {
            let measured = measure(bench, &["push", stack, origin, &connections, &seconds], CLIENT)?;
            let rate = measured.output.trim().parse().context("the client printed no rate")?;
            rounds.add(rate, best, cpu_per_request(&measured, rate, options.seconds));
        }
    }
    writeln!(
        out,
        "| {connections} connections, small POSTs | requests/s | of wrk | at least | CPU µs/request |"
    )?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: |")?;
    if wrk.is_some() {
        limit.row("wrk -t1", None, out)?;
    }
    for ((_, name, target), rounds) in STACKS.iter().zip(stacks) {
        rounds.row(name, *target, out)?;
    }
    if nginx.is_none() {
        let missing =
            "nginx is not installed, so our own sink took its place, to which the goals do not apply";
        writeln!(out, "\n{missing} (Debian: `apt-get install nginx-light`).")?;
    }
    if find("taskset").is_none() {
        writeln!(
            out,
            "\ntaskset is not installed, so nothing was pinned (Debian: `apt-get install util-linux`)."
        )?;
    }
    if find("time").is_none() {
        writeln!(
            out,
            "\nGNU time is not installed, so CPU and memory are unknown (Debian: `apt-get install time`)."
        )?;
    }
    if wrk.is_none() {
        writeln!(out, "\nwrk is not installed, so there are no ratios (Debian: `apt-get install wrk`).")?;
    }
    writeln!(out)?;
    Ok(())
}

impl Rounds {
    fn wrk(&mut self, wrk: &Path, origin: &str, options: &Options) -> Result<f64> {
        let (rate, microseconds) = wrk_rate(wrk, origin, options)?;
        self.add(rate, None, Some(microseconds).filter(|microseconds| *microseconds > 0.0));
        Ok(rate)
    }

    fn add(&mut self, rate: f64, best: Option<f64>, microseconds: Option<f64>) {
        self.rates.push(rate);
        self.ratios.extend(best.map(|best| rate / best));
        self.microseconds.extend(microseconds);
    }

    fn row(self, name: &str, target: Option<f64>, out: &mut impl Write) -> Result<()> {
        let target = target.map(|target| target.to_string()).unwrap_or_default();
        writeln!(
            out,
            "| {name} | {} | {} | {target} | {} |",
            median(self.rates, 0),
            median(self.ratios, 2),
            median(self.microseconds, 1)
        )?;
        Ok(())
    }
}

/// Requests a second of wrk on one thread, and microseconds of CPU for each; 0 if they are not known.
pub(super) fn wrk_rate(wrk: &Path, origin: &str, options: &Options) -> Result<(f64, f64)> {
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("post.lua");
    fs::write(&script, SCRIPT)?;
    let script = script.to_str().context("the temporary folder's name is no text")?;
    let target = format!("{origin}/api/v1/update_user");
    let (connections, seconds) = (options.connections.to_string(), options.seconds.to_string());
    let measured = measure(wrk, &["-t1", "-c", &connections, "-d", &seconds, "-s", script, &target], CLIENT)?;
    let rate = measured.output.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    let rate = rate.context("wrk printed no rate")?.trim().parse()?;
    Ok((rate, cpu_per_request(&measured, rate, options.seconds).unwrap_or_default()))
}

fn cpu_per_request(measured: &Measured, rate: f64, seconds: u32) -> Option<f64> {
    Some(measured.cpu? * 1e6 / (rate * f64::from(seconds)))
}
