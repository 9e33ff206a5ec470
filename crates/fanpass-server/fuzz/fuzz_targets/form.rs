//! Feeds [`fanpass_server_fuzz::form`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fanpass_server_fuzz::form(data));
