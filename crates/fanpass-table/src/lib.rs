#![doc = include_str!("../README.md")]

mod archive;
mod chain;
mod columns;
mod detect;
mod detected;
mod error;
mod header;
mod ids;
mod jsonl;
mod limits;
mod member;
mod metered;
mod number;
mod options;
mod origin;
mod packed;
mod parquet;
mod record;
mod reject;
mod row;
mod source;
mod strings;
mod table;
mod text;
mod workbook;
mod xls;
mod xlsx;

pub use columns::{find_columns, list_columns};
pub use error::{ErrorKind, TableError};
pub use ids::{Counts, IdRow, Ids};
pub use limits::Limits;
pub use options::{Accepted, Encoding, Format, Header, Options};
pub use reject::{Reject, code};
pub use row::{KeptRow, Row};
pub use table::Table;
