//! The service's behaviour through its public interfaces.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::as_conversions,
    missing_docs,
    unreachable_pub
)]

mod attributes;
mod audit;
mod bad_input;
mod bad_json;
mod bad_tokens;
mod browser;
mod contract;
mod effects;
mod events;
mod faults;
mod fixtures;
mod fuzzed;
mod ga4;
mod generated;
mod harness;
mod idempotency;
mod import_jobs;
mod imports;
mod in_process;
mod keys;
mod lifecycle;
mod limits;
mod lookups;
mod metrics;
mod pages;
mod portal;
mod pressure;
mod privacy;
mod rates;
mod routing;
mod segments;
mod store;
mod targeting;
mod tokens;
mod unread;
mod users;
mod versions;
mod wire;

/// Holds an answer against its reviewed snapshot.
#[macro_export]
macro_rules! snapshot {
    ($name:literal, $answer:expr) => {
        insta::assert_snapshot!($name, $answer)
    };
}
