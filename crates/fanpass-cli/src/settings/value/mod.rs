//! How values of settings are written, a module for each form: parsed from text, shown as TOML.
#![allow(
    clippy::option_option,
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "all forms are called alike"
)]

mod amount;

pub(super) use amount::{bytes, count, duration, positive, seed};

/// True or false.
pub(super) mod switch {
    use toml::Value;

    pub(in crate::settings) const WANTED: &str = "true or false";

    pub(in crate::settings) fn parse(text: &str) -> Option<bool> {
        text.parse().ok()
    }

    pub(in crate::settings) fn show(value: &bool) -> Value {
        Value::Boolean(*value)
    }
}

/// An address and port.
pub(super) mod address {
    use std::net::SocketAddr;

    use toml::Value;

    pub(in crate::settings) const WANTED: &str = "an address and port, such as 127.0.0.1:8787,";

    pub(in crate::settings) fn parse(text: &str) -> Option<SocketAddr> {
        text.parse().ok()
    }

    pub(in crate::settings) fn show(value: &SocketAddr) -> Value {
        value.to_string().into()
    }
}

/// An address and port, or nowhere.
pub(super) mod optional_address {
    use std::net::SocketAddr;

    use toml::Value;

    pub(in crate::settings) const WANTED: &str = "an address and port, such as 127.0.0.1:9187, or `none`";

    pub(in crate::settings) fn parse(text: &str) -> Option<Option<SocketAddr>> {
        if text == "none" { Some(None) } else { text.parse().ok().map(Some) }
    }

    pub(in crate::settings) fn show(value: &Option<SocketAddr>) -> Value {
        value.map_or_else(|| "none".to_owned(), |address| address.to_string()).into()
    }
}

/// Text.
pub(super) mod text {
    use toml::Value;

    pub(in crate::settings) const WANTED: &str = "a text that is not empty";

    pub(in crate::settings) fn parse(text: &str) -> Option<String> {
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub(in crate::settings) fn show(value: &str) -> Value {
        value.into()
    }
}

/// Text, or none.
pub(super) mod optional_text {
    use toml::Value;

    pub(in crate::settings) const WANTED: &str = "a text that is not empty, or `none`";

    pub(in crate::settings) fn parse(text: &str) -> Option<Option<String>> {
        if text == "none" { Some(None) } else { super::text::parse(text).map(Some) }
    }

    pub(in crate::settings) fn show(value: &Option<String>) -> Value {
        value.as_deref().unwrap_or("none").into()
    }
}

/// A file, or none.
pub(super) mod optional_path {
    use std::path::PathBuf;

    use toml::Value;

    pub(in crate::settings) const WANTED: &str = "a path, or `none`";

    pub(in crate::settings) fn parse(text: &str) -> Option<Option<PathBuf>> {
        if text == "none" { Some(None) } else { super::path::parse(text).map(Some) }
    }

    pub(in crate::settings) fn show(value: &Option<PathBuf>) -> Value {
        value.as_deref().map_or_else(|| "none".into(), super::path::show)
    }
}

/// A file or folder.
pub(super) mod path {
    use std::path::{Path, PathBuf};

    use toml::Value;

    pub(in crate::settings) const WANTED: &str = "a path";

    pub(in crate::settings) fn parse(text: &str) -> Option<PathBuf> {
        (!text.is_empty()).then(|| text.into())
    }

    /// From the root of the file system: it is read again as part of a file, from where that lies.
    pub(in crate::settings) fn show(value: &Path) -> Value {
        std::path::absolute(value).as_deref().unwrap_or(value).display().to_string().into()
    }
}

/// The form of the log.
pub(super) mod log_format {
    use clap::ValueEnum as _;
    use toml::Value;

    use crate::settings::LogFormat;

    pub(in crate::settings) const WANTED: &str = "`text` or `json`";

    pub(in crate::settings) fn parse(text: &str) -> Option<LogFormat> {
        LogFormat::from_str(text, false).ok()
    }

    pub(in crate::settings) fn show(value: &LogFormat) -> Value {
        match value {
            LogFormat::Text => "text".into(),
            LogFormat::Json => "json".into(),
        }
    }
}

/// What happens to platform attributes that nobody has named.
pub(super) mod policy {
    use fanpass_model::PlatformPolicy;
    use toml::Value;

    pub(in crate::settings) const WANTED: &str = "`refuse` or `allow`";

    pub(in crate::settings) fn parse(text: &str) -> Option<PlatformPolicy> {
        match text {
            "refuse" => Some(PlatformPolicy::CatalogueOnly),
            "allow" => Some(PlatformPolicy::AllowUnknown),
            _ => None,
        }
    }

    pub(in crate::settings) fn show(value: &PlatformPolicy) -> Value {
        match value {
            PlatformPolicy::AllowUnknown => "allow".into(),
            PlatformPolicy::CatalogueOnly => "refuse".into(),
        }
    }
}

/// Faults on demand.
pub(super) mod rules {
    use fanpass_server::FaultRule;
    use toml::Value;

    pub(in crate::settings) const WANTED: &str =
        "faults with commas between them, such as 429=0.1,latency=20ms,";

    pub(in crate::settings) fn parse(text: &str) -> Option<Vec<FaultRule>> {
        text.split(',').filter(|rule| !rule.is_empty()).map(|rule| rule.parse().ok()).collect()
    }

    pub(in crate::settings) fn show(value: &[FaultRule]) -> Value {
        Value::Array(value.iter().map(|rule| rule.to_string().into()).collect())
    }
}
