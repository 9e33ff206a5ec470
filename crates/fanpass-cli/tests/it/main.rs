//! Level five of the contract checks: what the tool prints, and how it ends, as a person and a script see it.
//!
//! The binary is the real one, and the service behind it too, over a real socket; its clock and ids are set, so that
//! nothing in a snapshot has to be hidden.
#![allow(unreachable_pub, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod accounts;
mod advice;
mod apply;
mod attributes;
mod audiences;
mod auth;
mod check;
mod cleared;
mod crash;
mod delivery;
mod dry_run;
mod faults;
mod findings;
mod firebase;
mod folders;
mod foreign;
mod fsck;
mod ga4;
mod gate;
mod guards;
mod harness;
mod help;
#[cfg(unix)]
mod interrupts;
mod json;
mod keys;
mod kill;
mod ledgers;
mod left_behind;
mod local;
mod members;
#[cfg(unix)]
mod moved;
mod nights;
mod notices;
mod outdated;
mod owned;
mod plans;
mod privacy;
mod push;
mod refusals;
mod retries;
#[cfg(unix)]
mod room;
mod runs;
mod same_user;
mod segments;
mod serve;
mod serving;
mod settings;
mod simulation;
mod sources;
mod support;
mod temporary;
mod together;
mod tokens;
mod unread;
mod users;
mod users_push;
mod waits;
