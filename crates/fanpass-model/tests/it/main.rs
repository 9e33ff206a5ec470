//! The model through its public interface: ids, keys, values, the registry, and the wire form of each operation.
#![allow(clippy::unwrap_used, reason = "tests")]

mod attributes;
mod ga4;
mod ids;
mod registry;
mod wire;
