//! The client as its users meet it, over doubles of a transport.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::as_conversions, missing_docs)]

mod answers;
mod base_url;
mod errors;
mod form;
mod paging;
mod push;
mod requests;
mod retries;
mod support;
mod uploads;
mod user_ids;
mod waiting;
