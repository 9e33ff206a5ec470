//! Generators: pure functions from the contract to files, and the step that writes or checks them.

mod disk;
mod enums;
mod operations;
mod places;
mod platform;
mod postman;
mod reference;
mod rust;
mod types;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;

use crate::contract::Contract;
pub use disk::{Mismatch, compare, write};
pub(crate) use rust::snake_case;

/// Generated files by their path from the top of the workspace.
pub type Files = BTreeMap<PathBuf, String>;

/// The folder of the generated Rust modules. Every file in it is generated.
const MODEL: &str = "crates/fanpass-model/src/generated";

/// The folder of the reference pages. Every file in it is generated.
const REFERENCE: &str = "docs/reference";

/// Folders in which every file is generated.
pub const FOLDERS: &[&str] = &[MODEL, REFERENCE];

/// Everything that is generated from the contract.
///
/// # Errors
///
/// A name of the contract that cannot be a Rust identifier.
pub fn generate(contract: &Contract) -> Result<Files> {
    let mut files = types::generate(contract)?;
    files.extend(operations::generate(contract)?);
    files.extend(platform::generate(contract)?);
    files.extend(reference::generate(contract));
    files.extend(postman::generate(contract)?);
    Ok(files)
}
