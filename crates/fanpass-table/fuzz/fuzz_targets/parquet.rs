//! Feeds [`fanpass_table_fuzz::parquet`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fanpass_table_fuzz::parquet(data));
