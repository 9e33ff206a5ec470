#![doc = include_str!("../README.md")]

mod cell_type;
mod error;
mod feeds;
mod figures;
mod guards;
mod ledger;
mod lint;
mod mapping;
mod membership;
mod reading;
mod rejects;
mod seen;
mod updates;

pub use cell_type::{CellFault, CellType, code};
pub use error::{ErrorKind, SyncError};
pub use feeds::{AttributeFeed, AttributeMode, FeedTarget, Feeds, RejectsOf, SegmentFeed};
pub use figures::Figures;
pub use guards::{Breach, Guard, GuardedFacts, Guards};
pub use ledger::{
    Busy, Changes, Contradiction, Contradictions, Deliveries, Departures, Doubt, History, KnownValues,
    Ledger, ListId, ListReader, ListState, ListWriter, Receipt, Run, RunEnd, RunId, RunStart, Standing,
    Survey, Taken, Verdict, Verdicts,
};
pub use lint::Finding;
pub use mapping::{Absent, ColumnMap, Constant, Mapping};
pub use membership::{Claim, Comparison, Keep, MembershipChange, Roster, SegmentMode};
pub use reading::{Reading, TextEncoding};
pub use rejects::{REJECT_COLUMNS, RejectFiles, check_mended, is_reject_file, original_columns};
pub use updates::{Counts, MappedRow, Update, Updates};
