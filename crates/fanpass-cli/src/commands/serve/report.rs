//! What `fanpass serve` says: its address, or its settings.

use std::io::{self, Write};

use fanpass_model::{AttributeRegistry, ga4};
use serde::Serialize;

use crate::attribute_file::settings_text_of;
use crate::printer::Report;
use crate::settings::{Origin, Settings};

/// Every setting; in its form for people, a file that says the same.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingsReport {
    settings: Vec<SettingReport>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<fanpass_model::AttributeDefinition>,
    /// Where the API secret of GA4 was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    ga4_secret: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SettingReport {
    key: &'static str,
    value: toml::Value,
    origin: String,
}

impl SettingsReport {
    pub fn of(settings: &Settings) -> Self {
        let one = |(key, value, origin): (&'static str, toml::Value, Option<&Origin>)| SettingReport {
            key,
            value,
            origin: origin.map_or_else(|| "default".to_owned(), ToString::to_string),
        };
        let attributes = settings.config.platform_attributes.clone();
        let catalogue = AttributeRegistry::builtin();
        let declared = catalogue.iter().filter(|known| attributes.iter().all(|other| other.key != known.key));
        let warnings = ga4::lint_definitions(declared.chain(&attributes));
        let ga4_secret = settings.ga4_secret_from.clone();
        Self { settings: settings.all().map(one).collect(), attributes, ga4_secret, warnings }
    }
}

impl Report for SettingsReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let lines = self.settings.iter().map(|setting| format!("{} = {}", setting.key, setting.value));
        let lines: Vec<_> = lines.collect();
        let width = lines.iter().map(String::len).max().unwrap_or(0);
        for (line, setting) in lines.iter().zip(&self.settings) {
            writeln!(out, "{line:width$}  # {}", setting.origin)?;
        }
        if !self.attributes.is_empty() {
            let text = settings_text_of(&self.attributes).map_err(io::Error::other)?;
            write!(out, "\n{text}")?;
        }
        if let Some(place) = &self.ga4_secret {
            writeln!(out, "\n# The API secret of GA4 is in {place}")?;
        }
        self.warnings.iter().try_for_each(|warning| writeln!(out, "\n# warning: {warning}"))
    }
}

/// What is served, and where.
#[derive(Debug, Serialize)]
pub struct ServeReport {
    pub url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<String>,
    pub data: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ga4: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl Report for ServeReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "FanPass serves {}, data in {}", self.url, self.data)?;
        if let Some(portal) = &self.portal {
            writeln!(out, "The Portal, for people with a token, is at {portal}")?;
        }
        if let Some(metrics) = &self.metrics {
            writeln!(out, "Metrics at {metrics}")?;
        }
        if let Some(stream) = &self.ga4 {
            writeln!(out, "Forwards platform attributes to GA4, {stream}")?;
        }
        if let Some(token) = &self.token {
            writeln!(out, "\nA development token, which allows everything:\n  export FANPASS_TOKEN={token}")?;
        }
        Ok(())
    }

    fn next(&self) -> Option<String> {
        self.token.as_ref().map(|_| format!("fanpass segments list --domain {}", self.url))
    }
}
