//! Feeds [`fanpass_table_fuzz::text`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fanpass_table_fuzz::text(data));
