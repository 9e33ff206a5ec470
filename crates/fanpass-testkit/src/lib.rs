#![doc = include_str!("../README.md")]
//! The crate's modules. A double that is used wrongly panics: the test that does it has to fail.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

pub mod answer;
mod capture;
mod cassette;
mod chance;
pub mod conformance;
mod faults;
mod mock;
mod multipart;
mod record;
mod redact;
mod server;
pub mod snapshots;

pub use capture::CaptureTransport;
pub use cassette::Cassette;
pub use chance::Chance;
pub use faults::{Fault, FaultTransport};
pub use mock::MockTransport;
pub use record::{CapturedBody, CapturedPart, CapturedRequest, CapturedResponse};
pub use server::{Manner, RawServer, TestServer};
