//! Feeds [`fanpass_server_fuzz::json`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fanpass_server_fuzz::json(data));
