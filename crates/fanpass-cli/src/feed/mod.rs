//! Feeds: sources of ids and attributes, compared with the ledger, sent, and accounted for.

pub mod account;
pub mod apply;
pub mod attributes;
pub mod closed;
pub mod config;
pub mod delivery;
pub mod gone;
pub mod handover;
pub mod ids;
pub mod keepers;
pub mod left_behind;
pub mod lint;
pub mod plan;
pub mod prepare;
pub mod push;
pub mod recipe;
pub mod remarks;
pub mod rows;
pub mod rows_of_plan;
pub mod run;
pub mod sample;
pub mod segment;
pub mod send;
pub mod set_aside;
pub mod spool;
pub mod survey;
