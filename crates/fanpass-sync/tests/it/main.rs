//! Behaviour of the crate through its public interface, on real files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::as_conversions, missing_docs)]

mod contradictions;
mod deliveries;
mod feeds;
mod folder;
mod history;
mod ledger;
mod ledger_model;
mod lint;
mod lists;
mod mapping;
mod membership;
mod membership_model;
mod mended;
mod messages;
#[cfg(unix)]
mod parted;
mod rejects;
mod stored;
mod support;
mod survey;
mod updates;
mod values;
