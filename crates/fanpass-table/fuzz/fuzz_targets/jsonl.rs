//! Feeds [`fanpass_table_fuzz::jsonl`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fanpass_table_fuzz::jsonl(data));
