//! How `serve` is set up: one list of settings, each from the command line, the environment, a file or its default.

mod file;
mod ga4;
mod list;
mod value;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use fanpass_model::ServiceSetting;
use fanpass_server::Config;

use crate::cli::Found;
use crate::exit::Exit;
use crate::failure::failure;
use crate::local;
use crate::profile::parse_token;
use list::SETTINGS;

/// What every variable of the environment that is a setting begins with.
const PREFIX: &str = "FANPASS_SERVE_";
/// Variables of that beginning that are options of the command line.
const OPTIONS: [&str; 1] = ["FANPASS_SERVE_CONFIG_FILE"];
/// Variables that are older than the settings they set.
const ALIASES: [(&str, &str); 1] = [("FANPASS_LISTEN", "listen")];

/// How `serve` runs.
#[derive(Debug, Clone)]
pub struct Settings {
    pub config: Config,
    pub listen: SocketAddr,
    /// Whether the development token is made and printed.
    pub development_token: bool,
    pub log_format: LogFormat,
    /// Where metrics are told without a token, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// The file that holds GA4's API secret, if one is named.
    ga4_secret_file: Option<PathBuf>,
    /// Where GA4's API secret was found, if anywhere.
    pub ga4_secret_from: Option<String>,
    /// Where each setting that is not its default was found, by its place in [`SETTINGS`].
    origins: Vec<Option<Origin>>,
}

/// The form of a line of log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// Where a setting was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// On the command line, as this option.
    Option(&'static str),
    /// In this variable of the environment.
    Variable(String),
    /// In a file, on this line.
    File(PathBuf, usize),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(option) => f.write_str(option),
            Self::Variable(name) => f.write_str(name),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
        }
    }
}

impl Settings {
    /// The defaults, with what the data folder says of the platform catalogue.
    fn of(data: &Path) -> Result<Self> {
        Ok(Self {
            config: local::config(data)?,
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            development_token: true,
            log_format: LogFormat::Text,
            metrics_listen: None,
            ga4_secret_file: None,
            ga4_secret_from: None,
            origins: vec![None; SETTINGS.len()],
        })
    }

    /// Settings from all their places: `file`, then `variables`, then `options`; what comes later wins. `data` is the data
    /// folder, and where it was named.
    pub fn read(
        data: (&Path, Found),
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
        options: &[(&str, String, Origin)],
    ) -> Result<Self> {
        let file = file.map(file::read).transpose()?;
        let stated = file.as_ref().and_then(file::File::data);
        let folder = stated.filter(|_| data.1 == Found::Nowhere).unwrap_or_else(|| data.0.to_owned());
        let mut settings = Self::of(&folder)?;
        let mut slips = Vec::new();
        if let Some(file) = file {
            slips = file.slips;
            for (key, value, line) in &file.values {
                slips.extend(settings.set(key, value, Origin::File(file.path.clone(), *line)).err());
            }
            settings.config.platform_attributes.extend(file.attributes);
        }
        let mut variables: Vec<_> = variables.into_iter().collect();
        variables.sort();
        let ga4_secret = variables.iter().find(|(name, _)| name == ga4::VARIABLE).map(|(_, secret)| secret);
        let ga4_secret = ga4_secret.and_then(|secret| parse_token(secret));
        for (name, value) in variables {
            let known = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, key)| (*key).to_owned());
            let key = known.or_else(|| name.strip_prefix(PREFIX).map(key_of));
            if let Some(key) = key.filter(|_| !value.is_empty() && !OPTIONS.contains(&&*name)) {
                slips.extend(settings.set(&key, &value, Origin::Variable(name)).err());
            }
        }
        for (key, value, origin) in options {
            slips.extend(settings.set(key, value, origin.clone()).err());
        }
        let named = match data.1 {
            Found::Nowhere => None,
            Found::Environment => Some(Origin::Variable("FANPASS_DATA".to_owned())),
            Found::CommandLine => Some(Origin::Option("--data")),
        };
        if let Some(named) = named {
            slips.extend(settings.set("data", &data.0.display().to_string(), named).err());
        }
        slips.extend(settings.contradictions());
        match slips.as_slice() {
            [] => {}
            [only] => return Err(failure(Exit::Usage, only)),
            several => {
                let message = format!("{} settings are wrong:\n  {}", several.len(), several.join("\n  "));
                return Err(failure(Exit::Usage, message));
            }
        }
        settings.find_ga4_secret(ga4_secret)?;
        Ok(settings)
    }

    /// Sets one, or says what is wrong with it, and where.
    fn set(&mut self, key: &str, value: &str, origin: Origin) -> Result<(), String> {
        let known = SETTINGS.iter().zip(0..).find(|(setting, _)| setting.key == key);
        let Some((setting, place)) = known else {
            return Err(format!("{origin}: {}", unknown(key)));
        };
        (setting.set)(self, value)
            .map_err(|wanted| format!("{origin}: `{key}` is {value:?}; {wanted} is wanted"))?;
        if let Some(known) = self.origins.get_mut::<usize>(place) {
            *known = Some(origin);
        }
        Ok(())
    }

    /// Limits on one body that no body could use up, as less is allowed for all together.
    fn contradictions(&self) -> Vec<String> {
        let limits = &self.config.limits;
        let pairs = [
            (("body_bytes", limits.body_bytes), ("update_bytes_in_all", limits.update_bytes_in_all)),
            (
                ("inline_body_bytes", limits.inline_body_bytes),
                ("inline_bytes_in_all", limits.inline_bytes_in_all),
            ),
        ];
        let wrong = pairs.into_iter().filter(|((_, one), (_, all))| one > all);
        let told = wrong.map(|((one, most), (all, in_all))| {
            format!("limits.{all} is {in_all} bytes and limits.{one} {most}: one body may not be more than all together")
        });
        told.collect()
    }

    /// Each setting as the service tells it.
    pub fn told(&self) -> Vec<ServiceSetting> {
        let one = |(key, value, origin): (&str, toml::Value, Option<&Origin>)| {
            let origin = origin.map_or_else(|| "default".to_owned(), ToString::to_string);
            ServiceSetting::new(key.to_owned(), value.to_string(), origin)
        };
        self.all().map(one).collect()
    }

    /// Each setting with its value and where that comes from.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, toml::Value, Option<&Origin>)> {
        SETTINGS
            .iter()
            .zip(&self.origins)
            .map(|(setting, origin)| (setting.key, (setting.get)(self), origin.as_ref()))
    }
}

/// The key whose variable has this name behind [`PREFIX`].
fn key_of(name: &str) -> String {
    let known = SETTINGS.iter().map(|setting| setting.key);
    let mut same = known.filter(|key| key.replace('.', "_").eq_ignore_ascii_case(name));
    same.next().map_or_else(|| name.to_lowercase(), str::to_owned)
}

/// What is said of a key that no setting has.
fn unknown(key: &str) -> String {
    let known = SETTINGS.iter().map(|setting| setting.key);
    // A key without its table is as good as next to it.
    let distance = |known: &str| {
        let bare = known.rsplit('.').next().unwrap_or(known);
        strsim::osa_distance(known, key).min(strsim::osa_distance(bare, key) + 1)
    };
    match known.map(|known| (distance(known), known)).min() {
        Some((distance, near)) if distance <= key.len() / 2 => {
            format!("`{key}` is no setting; did you mean `{near}`?")
        }
        _ => format!("`{key}` is no setting; `fanpass serve --check-config` lists all"),
    }
}
