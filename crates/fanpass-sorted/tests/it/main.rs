//! Behaviour of the crate through its public interface.
#![allow(missing_docs, reason = "tests")]

mod block;
