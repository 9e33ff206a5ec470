//! One module per command; each command's struct reads like its help.

pub mod apply;
pub mod attributes;
pub mod audiences;
pub mod audit;
pub mod auth;
pub mod check;
pub mod completions;
pub mod dry_run;
pub mod faults;
pub mod fsck;
pub mod ga4;
pub mod keys;
pub mod man;
pub mod mapping;
pub mod plan;
pub mod rejects;
pub mod reset;
pub mod restore;
pub mod runs;
pub mod segments;
pub mod sending;
pub mod serve;
pub mod snapshot;
pub mod support;
pub mod tokens;
pub mod users;
