#![doc = include_str!("../README.md")]

mod cell_type;
mod error;
mod figures;
mod ledger;
mod lint;
mod mapping;
mod membership;
mod rejects;
mod updates;

pub use cell_type::{CellFault, CellType, code};
pub use error::{ErrorKind, SyncError};
pub use figures::Figures;
pub use ledger::{
    Busy, Changes, Deliveries, Ledger, ListId, ListReader, ListState, ListWriter, Run, RunEnd, RunId,
    RunStart, Survey,
};
pub use lint::Finding;
pub use mapping::{Absent, ColumnMap, Constant, Mapping};
pub use membership::{Lists, MembershipChange, NewLists, Roster, SegmentMode};
pub use rejects::{REJECT_COLUMNS, RejectFiles, check_mended, is_reject_file, original_columns};
pub use updates::{Counts, MappedRow, Update, Updates};
