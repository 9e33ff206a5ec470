//! The service that the tool itself holds, and what its data folder says of the platform catalogue.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};
use fanpass_model::{AttributeDefinition, Namespace};
use fanpass_server::{Config, Service};

use crate::attribute_file::{AttributeFile, Entry, parse, slipped};
use crate::exit::Exit;
use crate::failure::failure;

/// The file in the data folder that extends the platform catalogue.
const CATALOGUE: &str = "platform-attributes.toml";

/// Opens the service on a data folder.
pub async fn open_service(data: &Path) -> Result<Service> {
    Ok(Service::open(config(data)?).await?)
}

/// The configuration of a service on a data folder, as that folder has it.
pub fn config(data: &Path) -> Result<Config> {
    if data.exists() && !data.is_dir() {
        let message =
            format!("{} is no folder; --data wants one, which is made if it is not there", data.display());
        return Err(failure(Exit::Usage, message));
    }
    let path = data.join(CATALOGUE);
    let AttributeFile { entries, unknown: platform_policy } = read_catalogue(&path)?;
    let platform_attributes = platform(&path, entries)?;
    Ok(Config { data: data.to_owned(), platform_policy, platform_attributes, ..Config::default() })
}

/// The platform attributes that a file at `path` lists, which may list no others.
pub fn platform(path: &Path, entries: Vec<Entry>) -> Result<Vec<AttributeDefinition>> {
    let custom = entries.iter().find(|entry| entry.definition.key.namespace() == Namespace::Custom);
    let Some(custom) = custom else {
        return Ok(entries.into_iter().map(|entry| entry.definition).collect());
    };
    let (path, key) = (path.display(), &custom.definition.key);
    let message = format!(
        "{path} is for user_properties.* keys; register {key} with `fanpass attributes register {key}`"
    );
    Err(failure(Exit::Usage, message))
}

fn read_catalogue(path: &Path) -> Result<AttributeFile> {
    match fs::read_to_string(path) {
        Ok(text) => parse(&text).map_err(|slips| slipped(path, &slips, Exit::Usage)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(AttributeFile::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
