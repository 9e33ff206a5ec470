#![doc = include_str!("../README.md")]

mod app;
mod auth;
mod config;
mod disk;
mod error;
mod faults;
mod files;
mod ga4;
mod http;
pub mod imports;
mod in_process;
mod listen;
mod metrics;
mod patient;
mod portal;
mod service;
pub mod store;
pub mod targeting;

pub use config::{Config, Limits, PortalOptions};
pub use error::{ServiceError, ServiceErrorKind};
pub use faults::{Fault, FaultOptions, FaultRule};
pub use files::raise_open_files;
pub use ga4::Ga4Options;
pub use in_process::InProcessTransport;
pub use service::Service;
