//! Behaviour of the reader through its public interface, on real files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::as_conversions, missing_docs)]

mod archive;
mod beside;
mod encodings;
mod fuzzed;
mod header;
mod hostile;
mod jsonl;
mod messages;
mod packed;
mod parquet;
mod parquet_files;
mod parquet_refused;
mod properties;
mod start;
mod stored;
mod support;
mod text;
mod windows;
mod xls;
mod xlsx;
