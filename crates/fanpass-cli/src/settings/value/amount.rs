//! Numbers, sizes and times.

fn number(text: &str) -> Option<u64> {
    text.replace('_', "").parse().ok()
}

/// A whole number.
pub(in crate::settings) mod count {
    use toml::Value;

    pub(in crate::settings) const WANTED: &str = "a whole number of at most 1000000000";

    const MOST: u64 = 1_000_000_000;

    pub(in crate::settings) fn parse<T: TryFrom<u64>>(text: &str) -> Option<T> {
        super::number(text).filter(|number| *number <= MOST)?.try_into().ok()
    }

    pub(in crate::settings) fn show<T: Copy + TryInto<u64>>(value: &T) -> Value {
        let number = (*value).try_into().ok().and_then(|number: u64| i64::try_from(number).ok());
        Value::Integer(number.unwrap_or(i64::MAX))
    }
}

/// What random numbers begin with: any whole number that TOML can write.
pub(in crate::settings) mod seed {
    use toml::Value;

    pub(in crate::settings) const WANTED: &str = "a whole number of at most 9223372036854775807";

    pub(in crate::settings) fn parse(text: &str) -> Option<u64> {
        super::number(text).filter(|number| i64::try_from(*number).is_ok())
    }

    pub(in crate::settings) fn show(value: &u64) -> Value {
        super::count::show(value)
    }
}

/// A whole number of at least one.
pub(in crate::settings) mod positive {
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
pub(in crate::settings) mod bytes {
    use toml::Value;

    pub(in crate::settings) const WANTED: &str =
        "a number of bytes, at most 1024 TiB, such as 65536, \"64 KiB\" or \"4 GiB\",";

    const MOST: u64 = 1 << 50;

    const UNITS: [(&str, u64); 5] =
        [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

    pub(in crate::settings) fn parse<T: TryFrom<u64>>(text: &str) -> Option<T> {
        let unit = UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
        let (number, unit) = unit.unwrap_or((text, 1));
        let bytes = super::number(number.trim())?.checked_mul(unit)?;
        if bytes <= MOST { bytes.try_into().ok() } else { None }
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
pub(in crate::settings) mod duration {
    use std::time::Duration;

    use jiff::SignedDuration;
    use toml::Value;

    pub(in crate::settings) const WANTED: &str =
        "a length of time, at most 876000h, such as \"30s\", \"500ms\" or \"2h\",";

    /// A hundred years, which clocks can count on from now.
    const MOST: Duration = Duration::from_hours(876_000);

    pub(in crate::settings) fn parse(text: &str) -> Option<Duration> {
        let duration: Duration = text.parse::<SignedDuration>().ok()?.try_into().ok()?;
        (duration <= MOST).then_some(duration)
    }

    pub(in crate::settings) fn show(value: &Duration) -> Value {
        let signed = SignedDuration::try_from(*value).unwrap_or(SignedDuration::MAX);
        format!("{signed:#}").into()
    }
}
