#![doc = include_str!("../README.md")]

mod cell_type;
mod error;
mod ledger;
mod lint;
mod mapping;
mod rejects;
mod updates;

pub use cell_type::{CellFault, CellType, code};
pub use error::{ErrorKind, SyncError};
pub use ledger::{Busy, Deliveries, Figures, Ledger, Run, RunId};
pub use lint::Finding;
pub use mapping::{Absent, ColumnMap, Constant, Mapping};
pub use rejects::{REJECT_COLUMNS, RejectFiles, check_mended, is_reject_file, original_columns};
pub use updates::{Counts, MappedRow, Update, Updates};
