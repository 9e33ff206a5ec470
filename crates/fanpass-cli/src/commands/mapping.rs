//! How columns become attributes, as options of every command that maps a file.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};
use fanpass_sync::{Absent, ColumnMap, Constant, Mapping};

use crate::feed::config::Config;
use crate::input::{option, word_of};

/// Which columns become which attributes, and what a missing value means.
#[derive(Debug, Clone, Default, Args)]
pub struct MappingOptions {
    /// Column whose cells become an attribute; repeat for more
    ///
    /// TYPE is string, boolean, integer, decimal, date, date(%d.%m.%Y) or list(SEPARATOR). OPTION is trim, blank=skip|unset,
    /// null=skip|unset or, last of all, default=VALUE. docs/tables.md says what each takes.
    #[arg(long, value_name = "COLUMN=KEY[:TYPE][,OPTION…]")]
    map: Vec<Written<ColumnMap>>,
    /// Attribute that every row gets; repeat for more
    #[arg(long, value_name = "KEY[:TYPE]=VALUE")]
    set: Vec<Written<Constant>>,
    /// What a blank cell or a missing key means
    #[arg(long, value_enum, default_value_t = Blank::Skip)]
    blank: Blank,
    /// Text that means null, such as NULL, beside nulls of JSON and Parquet; repeat for more
    #[arg(long = "null-text", value_name = "TEXT")]
    nulls: Vec<String>,
    /// What a null means
    #[arg(long, value_enum, default_value_t = Blank::Skip)]
    null: Blank,
    #[command(flatten)]
    checked: CheckedBy,
}

/// What mappings and rows are checked against before anything is sent.
#[derive(Debug, Clone, Default, Args)]
pub struct CheckedBy {
    /// File of the attributes that users may carry, as `attributes export` writes it, to check mapping and rows against
    #[arg(long, value_name = "FILE")]
    attributes: Option<PathBuf>,
}

impl CheckedBy {
    /// The configuration, with this file in the place of its own.
    pub fn put_into(&self, mut config: Config) -> Config {
        if self.attributes.is_some() {
            config.feeds.attributes_file.clone_from(&self.attributes);
        }
        config
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Blank {
    /// Leave the attribute alone
    #[default]
    Skip,
    /// Take the attribute off the user's record
    Unset,
}

impl From<Blank> for Absent {
    fn from(blank: Blank) -> Self {
        match blank {
            Blank::Skip => Self::Skip,
            Blank::Unset => Self::Unset,
        }
    }
}

/// A part of the mapping, and the very text that it was read from.
#[derive(Debug, Clone)]
struct Written<T> {
    text: String,
    part: T,
}

impl<T: FromStr> FromStr for Written<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        Ok(Self { text: text.to_owned(), part: text.parse()? })
    }
}

impl MappingOptions {
    /// Whether no attribute is named at all.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty() && self.set.is_empty()
    }

    /// The mapping of a file whose ids are in the column `id`.
    pub fn mapping(&self, id: Option<&str>) -> Mapping {
        let mut mapping = Mapping::default();
        mapping.id = id.map(str::to_owned);
        mapping.map = self.map.iter().map(|written| written.part.clone()).collect();
        mapping.set = self.set.iter().map(|written| written.part.clone()).collect();
        mapping.nulls.clone_from(&self.nulls);
        mapping.blank = self.blank.into();
        mapping.null = self.null.into();
        mapping
    }

    /// The file of attributes to check against.
    pub fn attributes(&self) -> Option<&Path> {
        self.checked.attributes.as_deref()
    }

    /// These options as words of a command line.
    pub fn arguments(&self) -> Vec<String> {
        let map = self.map.iter().map(|written| ("--map", written.text.clone()));
        let set = self.set.iter().map(|written| ("--set", written.text.clone()));
        let nulls = self.nulls.iter().map(|text| ("--null-text", text.clone()));
        let policies = [("--blank", self.blank), ("--null", self.null)];
        let policies = policies.iter().filter(|(_, policy)| *policy != Blank::Skip);
        let policies = policies.filter_map(|(name, policy)| Some((*name, word_of(policy)?)));
        let attributes =
            self.checked.attributes.iter().map(|file| ("--attributes", file.display().to_string()));
        let words = map.chain(set).chain(nulls).chain(policies).chain(attributes);
        words.map(|(name, value)| option(name, &value)).collect()
    }
}
