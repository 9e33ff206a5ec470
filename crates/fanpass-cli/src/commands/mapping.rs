//! How columns become attributes, as options of every command that maps a file.

use clap::{Args, ValueEnum};
use fanpass_sync::{Absent, ColumnMap, Constant, Mapping};

/// Which columns become which attributes, and what a missing value means.
#[derive(Debug, Clone, Args)]
pub struct MappingOptions {
    /// Column whose cells become an attribute; repeat for more
    #[arg(long, value_name = "COLUMN=KEY[:TYPE][,OPTION…]")]
    map: Vec<ColumnMap>,
    /// Attribute that every row gets; repeat for more
    #[arg(long, value_name = "KEY[:TYPE]=VALUE")]
    set: Vec<Constant>,
    /// What a blank cell means
    #[arg(long, value_enum, default_value_t = Blank::Skip)]
    blank: Blank,
    /// Text that means null, such as NULL; repeat for more
    #[arg(long = "null-text", value_name = "TEXT")]
    nulls: Vec<String>,
    /// What a null means
    #[arg(long, value_enum, default_value_t = Blank::Skip)]
    null: Blank,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Blank {
    /// Leave the attribute alone
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

impl MappingOptions {
    /// The mapping of a file whose ids are in the column `id`.
    pub fn mapping(&self, id: Option<&str>) -> Mapping {
        let mut mapping = Mapping::default();
        mapping.id = id.map(str::to_owned);
        mapping.map.clone_from(&self.map);
        mapping.set.clone_from(&self.set);
        mapping.nulls.clone_from(&self.nulls);
        mapping.blank = self.blank.into();
        mapping.null = self.null.into();
        mapping
    }
}
