//! The Portal in front of many users: the first byte of each page, and what the service needs to start and to hold.

mod fill;
mod visit;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Result;
use tempfile::TempDir;

use super::service::served::Served;
use super::targeting::await_columns;
use super::{Options, median};
use visit::Visit;

/// Milliseconds until the first byte of a page, at most.
const GOAL: u32 = 50;
/// How often each page is asked for.
const CALLS: usize = 20;
/// Pages that no page leads to, or that are the hardest of their kind.
const FURTHER: [&str; 15] = [
    "/portal/segment?name=fans",
    "/portal/segment/members?name=fans",
    "/portal/user?id=nobody",
    "/portal/audience?name=nobody",
    "/portal/audience?name=outside",
    "/portal/audience?name=hard",
    "/portal/attribute?key=custom.loyalty_tier",
    "/portal/attribute?key=custom.spend",
    "/portal/attribute?key=custom.loyalty_tier&count=1",
    "/portal/attribute?key=custom.spend&count=1",
    "/portal/audience?name=hard&count=1",
    "/portal/audit?operation=updateUser",
    "/portal/audit?subject=nobody",
    "/portal/audit?target=nobody",
    "/portal/audit?target=nobody&after=150000",
];

pub(super) fn run(tool: &Path, options: &Options, out: &mut impl Write) -> Result<()> {
    let temporary = TempDir::new()?;
    let folder = options.keep.as_deref().unwrap_or(temporary.path());
    let filled = folder.join("filled");
    if !filled.exists() {
        fill::fill(tool, options.targeted, folder)?;
        fs::write(filled, options.targeted.to_string())?;
    }
    start(tool, folder, options, out)?;
    let service = Served::start(tool, folder)?;
    let pages = measure(&Visit::sign_in(&service)?)?;
    writeln!(out, "| page | median ms | worst ms | at most |")?;
    writeln!(out, "| --- | ---: | ---: | ---: |")?;
    for (page, times) in pages {
        let worst = times.iter().copied().fold(0.0, f64::max);
        // What the script of a page loads after it, or a link without scripts.
        let goal = if page.contains("count=") { String::new() } else { GOAL.to_string() };
        writeln!(out, "| `{page}` | {} | {worst:.1} | {goal} |", median(times, 1))?;
    }
    writeln!(out)?;
    let peak = service.memory("VmHWM");
    writeln!(out, "Peak memory of the service meanwhile: {} MiB.\n", median(peak.into_iter().collect(), 0))?;
    Ok(())
}

/// How soon the service is back after a kill, and what it holds then.
fn start(tool: &Path, folder: &Path, options: &Options, out: &mut impl Write) -> Result<()> {
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        let service = Served::start(tool, folder)?;
        await_columns(&service)?;
        starts.push(service.start.as_secs_f64() * 1000.0);
        memory.extend(service.memory("VmRSS"));
    }
    writeln!(out, "| {} users | |", options.targeted)?;
    writeln!(out, "| --- | ---: |")?;
    writeln!(out, "| started after a kill, ms | {} |", median(starts, 0))?;
    writeln!(out, "| memory after a count of all, MiB | {} |", median(memory, 0))?;
    writeln!(out)?;
    Ok(())
}

/// The milliseconds of each page that can be come to from the first one, one of each kind, and of the further ones.
fn measure(visit: &Visit) -> Result<BTreeMap<String, Vec<f64>>> {
    let mut pages = BTreeMap::new();
    let mut ahead: Vec<(String, String)> = Vec::new();
    let mut known: Vec<String> = vec![kind("/portal")];
    ahead.push((kind("/portal"), "/portal".to_owned()));
    ahead.extend(FURTHER.map(|page| (page.to_owned(), page.to_owned())));
    while let Some((name, page)) = ahead.pop() {
        let mut times = Vec::new();
        for call in 0..CALLS {
            let (time, html) = visit.page(&page)?;
            times.push(time);
            if call > 0 {
                continue;
            }
            for link in links(&html) {
                if !known.contains(&kind(&link)) {
                    known.push(kind(&link));
                    ahead.push((kind(&link), link));
                }
            }
        }
        pages.insert(name, times);
    }
    Ok(pages)
}

/// Pages that a page leads to; what is downloaded is none.
fn links(html: &str) -> impl Iterator<Item = String> {
    let addresses = html.split(r#" href=""#).skip(1).filter_map(|rest| rest.split_once('"'));
    let pages = addresses.map(|(address, _)| address.replace("&#38;", "&").replace("&amp;", "&"));
    pages.map(|page| page.split('#').next().unwrap_or_default().to_owned()).filter(|page| {
        let path = page.split('?').next().unwrap_or_default();
        page.starts_with("/portal") && !path.contains('.') && !path.ends_with("/export")
    })
}

/// What pages have in common that differ only in whom they are about: the path, and the names of the parameters.
fn kind(page: &str) -> String {
    let (path, query) = page.split_once('?').unwrap_or((page, ""));
    let mut kind = path.to_owned();
    for (position, parameter) in query.split('&').filter(|parameter| !parameter.is_empty()).enumerate() {
        let name = parameter.split('=').next().unwrap_or_default();
        kind = format!("{kind}{}{name}=…", if position == 0 { '?' } else { '&' });
    }
    kind
}
