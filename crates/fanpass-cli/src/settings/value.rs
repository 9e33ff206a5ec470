//! How values of settings are written, a module for each form: parsed from text, shown as TOML.
#![allow(
    clippy::option_option,
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "all forms are called alike"
)]

/// A whole number.
pub(super) mod count {
    use toml::Value;

    pub(in crate::settings) const WANTED: &str = "a whole number";

    pub(in crate::settings) fn parse<T: TryFrom<u64>>(text: &str) -> Option<T> {
        text.replace('_', "").parse::<u64>().ok()?.try_into().ok()
    }

    pub(in crate::settings) fn show<T: Copy + TryInto<u64>>(value: &T) -> Value {
        let number = (*value).try_into().ok().and_then(|number: u64| i64::try_from(number).ok());
        Value::Integer(number.unwrap_or(i64::MAX))
    }
}

/// A whole number of at least one.
pub(super) mod positive {
    use std::num::NonZeroUsize;

    use toml::Value;

    pub(in crate::settings) const WANTED: &str = "a whole number of at least 1";

    pub(in crate::settings) fn parse<T: From<NonZeroUsize>>(text: &str) -> Option<T> {
        super::count::parse::<usize>(text).and_then(NonZeroUsize::new).map(T::from)
    }

    pub(in crate::settings) fn show<T: Copy + Into<usize>>(value: &T) -> Value {
        super::count::show::<usize>(&(*value).into())
    }
}

/// Bytes, with a unit or without.
pub(super) mod bytes {
    use toml::Value;

    pub(in crate::settings) const WANTED: &str = "a number of bytes, such as 65536, \"64 KiB\" or \"4 GiB\",";

    const UNITS: [(&str, u64); 5] =
        [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

    pub(in crate::settings) fn parse<T: TryFrom<u64>>(text: &str) -> Option<T> {
        let unit = UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
        let (number, unit) = unit.unwrap_or((text, 1));
        let number: u64 = super::count::parse(number.trim())?;
        number.checked_mul(unit)?.try_into().ok()
    }

    pub(in crate::settings) fn show<T: Copy + TryInto<u64>>(value: &T) -> Value {
        let bytes = (*value).try_into().unwrap_or(u64::MAX);
        let whole = UNITS.iter().find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit));
        match whole {
            Some((unit, size)) if *size > 1 => format!("{} {unit}", bytes / size).into(),
            _ => super::count::show(&bytes),
        }
    }
}

/// A length of time.
pub(super) mod duration {
    use std::time::Duration;

    use jiff::SignedDuration;
    use toml::Value;

    pub(in crate::settings) const WANTED: &str = "a length of time, such as \"30s\", \"500ms\" or \"2h\",";

    pub(in crate::settings) fn parse(text: &str) -> Option<Duration> {
        text.parse::<SignedDuration>().ok()?.try_into().ok()
    }

    pub(in crate::settings) fn show(value: &Duration) -> Value {
        let signed = SignedDuration::try_from(*value).unwrap_or(SignedDuration::MAX);
        format!("{signed:#}").into()
    }
}

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
        value.as_ref().map_or_else(|| "none".to_owned(), |path| path.display().to_string()).into()
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

    pub(in crate::settings) fn show(value: &Path) -> Value {
        value.display().to_string().into()
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

    pub(in crate::settings) const WANTED: &str = "a list of faults, such as \"429=0.1\" or \"latency=20ms\",";

    pub(in crate::settings) fn parse(text: &str) -> Option<Vec<FaultRule>> {
        text.split(',').filter(|rule| !rule.is_empty()).map(|rule| rule.parse().ok()).collect()
    }

    pub(in crate::settings) fn show(value: &[FaultRule]) -> Value {
        Value::Array(value.iter().map(|rule| rule.to_string().into()).collect())
    }
}
