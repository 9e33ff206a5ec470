//! Where a part of the contract comes from.

use std::fmt;

use serde::Deserialize;

/// Where a part of the contract comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provenance {
    /// The vendor's page says so.
    Documented,
    /// Our reading, until a real collection says otherwise.
    Assumed,
    /// Offered by this project's service only.
    Extension,
}

impl Provenance {
    /// The name as the contract writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Assumed => "assumed",
            Self::Extension => "extension",
        }
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
