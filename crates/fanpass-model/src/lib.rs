#![doc = include_str!("../README.md")]

mod attributes;
mod error;
pub mod ga4;
mod generated;
mod ids;
mod lenient;
mod nearest;
pub mod operation;
mod requests;
mod secret;
mod shown;
mod strict;

pub use attributes::*;
pub use error::{ErrorKind, ModelError};
pub use generated::*;
pub use ids::{
    AudienceName, IMPORT_ID_MAX_BYTES, ImportId, SEGMENT_NAME_MAX_BYTES, SegmentName, USER_ID_MAX_BYTES,
    UserId,
};
pub use nearest::nearest;
pub use operation::{Operation, Provenance};
pub use secret::SecretText;
pub use shown::{count, counted, shown, shown_lines};

/// The contract, `contract/openapi.json`, as it is served.
pub const CONTRACT_JSON: &str = include_str!("../contract/openapi.json");
