//! The operations, a file each: what is sent (a method of `Requests`) and the call (a method of `Client`).

mod create_segment;
mod import_segment;
mod import_status;
mod service;
mod update_user;

pub use service::{AuditFilter, Page};
