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

use crate::exit::Exit;
use crate::failure::failure;
use crate::local;
use crate::profile::parse_token;
use list::SETTINGS;

/// What every variable of the environment that is a setting begins with.
const PREFIX: &str = "FANPASS_SERVE_";
/// Variables of that beginning that are options of the command line.
const OPTIONS: [&str; 1] = ["FANPASS_SERVE_CONFIG_FILE"];
/// Variables with names of their own, which give way to those of that beginning.
const SHORT: [(&str, &str); 2] = [("FANPASS_DATA", "data"), ("FANPASS_LISTEN", "listen")];

/// A setting as it was found: its key, its value, and where.
type Stated = (String, String, Origin);

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

    /// Settings from all their places: `file`, then `variables`, then `options`; what comes later wins. The data folder is
    /// `data` where none of them names one.
    pub fn read(
        data: &Path,
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
        options: Vec<Stated>,
    ) -> Result<Self> {
        let file = file.map(file::read).transpose()?;
        let mut variables: Vec<_> = variables.into_iter().collect();
        variables.sort();
        let ga4_secret = variables.iter().find(|(name, _)| name == ga4::VARIABLE).map(|(_, secret)| secret);
        let ga4_secret = ga4_secret.and_then(|secret| parse_token(secret));
        let mut stated: Vec<_> = file.iter().flat_map(file::File::stated).collect();
        stated.extend(stated_by(variables));
        stated.extend(options);

        let folder = stated.iter().rev().find(|(key, ..)| key == "data");
        let mut settings = Self::of(folder.map_or(data, |(_, folder, _)| Path::new(folder)))?;
        let mut slips = Vec::new();
        if let Some(file) = file {
            slips = file.slips;
            settings.config.platform_attributes.extend(file.attributes);
        }
        for (key, value, origin) in stated {
            slips.extend(settings.set(&key, &value, origin).err());
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
            (("body_bytes", limits.body_bytes), ("body_bytes_in_all", limits.body_bytes_in_all)),
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

/// The settings that variables state, those with names of their own first.
fn stated_by(variables: Vec<(String, String)>) -> impl Iterator<Item = Stated> {
    let stated = |(name, value): &(String, String)| !value.is_empty() && !OPTIONS.contains(&&**name);
    let (prefixed, others): (Vec<_>, Vec<_>) =
        variables.into_iter().filter(stated).partition(|(name, _)| name.starts_with(PREFIX));
    let short = others.into_iter().filter_map(|(name, value)| {
        let (_, key) = SHORT.iter().find(|(short, _)| *short == name)?;
        Some(((*key).to_owned(), value, Origin::Variable(name)))
    });
    let prefixed = prefixed.into_iter().filter_map(|(name, value)| {
        Some((key_of(name.strip_prefix(PREFIX)?), value, Origin::Variable(name)))
    });
    short.chain(prefixed)
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
