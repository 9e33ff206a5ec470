#![doc = include_str!("../README.md")]

mod block;
mod chunk;
mod error;
mod merge;
mod run;
mod sorter;

pub use block::{Block, BlockBuilder, BlockDamage, BlockReader};
pub use error::SortError;
pub use sorter::Sorter;
