//! How numbers and times are written for people.

pub(super) use fanpass_model::{count, counted};
use jiff::Timestamp;

/// A count that may not be known.
pub(super) fn maybe_count(number: Option<u64>) -> String {
    number.map_or_else(|| "–".to_owned(), count)
}

/// A point in time: for programs as RFC 3339 writes it, for people to the second, in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct When {
    pub(super) machine: String,
    pub(super) human: String,
}

impl When {
    pub(super) fn of(machine: &str) -> Self {
        let human = machine
            .parse::<Timestamp>()
            .map_or_else(|_| machine.to_owned(), |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string());
        Self { machine: machine.to_owned(), human }
    }

    pub(super) fn maybe(machine: Option<&str>) -> Option<Self> {
        machine.map(Self::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_times_read_well() {
        assert_eq!([0, 999, 1_000, 10_000_000].map(count), ["0", "999", "1,000", "10,000,000"]);
        assert_eq!((counted(1, "row"), counted(2, "row")), ("1 row".to_owned(), "2 rows".to_owned()));
        assert_eq!(When::of("2026-08-01T03:00:00.25Z").human, "2026-08-01 03:00:00");
        assert_eq!(When::of("never").human, "never");
    }
}
