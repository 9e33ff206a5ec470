//! Feeds [`fanpass_server_fuzz::head`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fanpass_server_fuzz::head(data));
