#![doc = include_str!("../README.md")]

mod block;
mod error;
mod run;
mod sorter;

pub use block::{Block, BlockBuilder, BlockDamage, BlockReader};
pub use error::SortError;
pub use sorter::Sorter;
