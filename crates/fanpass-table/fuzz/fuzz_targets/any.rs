//! Feeds [`fanpass_table_fuzz::any`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fanpass_table_fuzz::any(data));
