#![doc = include_str!("../README.md")]
//! The crate's modules: what a call sends, how its answer is read, and the client that does both.

mod answer;
mod base_url;
mod builder;
mod client;
mod error;
mod idempotency_key;
mod multipart;
mod operations;
mod push;
mod requests;
mod upload;
mod user_ids;
mod wait;

pub use base_url::BaseUrl;
pub use builder::ClientBuilder;
pub use client::Client;
pub use error::{Error, ErrorKind};
pub use idempotency_key::IdempotencyKey;
pub use multipart::Boundary;
pub use operations::{AuditFilter, Page};
pub use push::{
    Delivery, IdBudget, Outcome, Push, PushHandle, PushOptions, PushProgress, PushTotals, StopReason,
    UserUpdate,
};
pub use requests::Requests;
pub use upload::{Upload, UploadFile};
pub use user_ids::UserIds;
pub use wait::{ImportProgress, WaitOptions};
