//! The service itself, beside the disk, `sort`, PostgreSQL and its own handler that does
//! nothing.

mod calls;
mod imports;
pub(super) mod postgres;
pub(super) mod served;
mod start;

use std::io::Write;
use std::path::Path;

use anyhow::Result;

use super::Options;
pub(super) use served::{Served, write_private};

pub(super) fn run(tool: &Path, options: &Options, out: &mut impl Write) -> Result<()> {
    imports::run(tool, options, out)?;
    calls::run(tool, options, out)?;
    start::run(tool, options, out)
}
