//! Feeds [`fanpass_table_fuzz::xls`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fanpass_table_fuzz::xls(data));
