//! The service that the tool itself holds, and what its data folder says of the platform catalogue.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};
use fanpass_model::{AttributeDefinition, Namespace, PlatformPolicy};
use fanpass_server::{Config, Service};
use serde::Deserialize;

use crate::exit::Exit;
use crate::failure::failure;

/// The file in the data folder that extends the platform catalogue.
const CATALOGUE: &str = "platform-attributes.toml";

/// What that file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    #[serde(default)]
    unknown: Unknown,
    #[serde(default)]
    attribute: Vec<AttributeDefinition>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Unknown {
    #[default]
    Refuse,
    Allow,
}

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
    let Catalogue { unknown, attribute } = read_catalogue(&path)?;
    check_platform(&path, &attribute)?;
    let platform_policy = match unknown {
        Unknown::Refuse => PlatformPolicy::CatalogueOnly,
        Unknown::Allow => PlatformPolicy::AllowUnknown,
    };
    Ok(Config { data: data.to_owned(), platform_policy, platform_attributes: attribute, ..Config::default() })
}

/// Refuses platform attributes, found in the file at `path`, that are none.
pub fn check_platform(path: &Path, attributes: &[AttributeDefinition]) -> Result<()> {
    let custom = attributes.iter().find(|attribute| attribute.key.namespace() == Namespace::Custom);
    let Some(custom) = custom else { return Ok(()) };
    let (path, key) = (path.display(), &custom.key);
    let message = format!(
        "{path} is for user_properties.* keys; register {key} with `fanpass attributes register {key}`"
    );
    Err(failure(Exit::Usage, message))
}

fn read_catalogue(path: &Path) -> Result<Catalogue> {
    match fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|error| {
            failure(
                Exit::Usage,
                format!(
                    "{} is not a catalogue of attributes: {}",
                    path.display(),
                    error.to_string().trim_end()
                ),
            )
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Catalogue::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
