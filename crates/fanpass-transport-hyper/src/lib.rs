#![doc = include_str!("../README.md")]
//! The crate's modules: the connector that both transports share, and the two.

mod connection;
mod connector;
mod error;
mod link;
mod pool;

pub use connection::HyperConnection;
pub use pool::HyperTransport;
