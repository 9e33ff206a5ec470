//! Tasks of the FanPass workspace, as a library, so that tests reach them.

pub mod bench;
pub mod codegen;
pub mod collection;
pub mod contract;
pub mod release;
pub mod tidy;
