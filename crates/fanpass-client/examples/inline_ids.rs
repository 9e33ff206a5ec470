//! Writes the body of one request with many inline ids and throws it away: what `cargo xtask bench` measures.
//! `cargo run --release -p fanpass-client --example inline_ids [IDS]` prints the bytes that it had.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::io;

use fanpass_client::{BaseUrl, Requests, UserIds};
use fanpass_model::{SegmentName, UserId};
use http_body_util::BodyExt as _;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let count: u64 = std::env::args().nth(1).map_or(1_000_000, |text| text.parse().unwrap());
    let requests = Requests::new(BaseUrl::parse("https://fanreach.example").unwrap()).unwrap();
    let ids = UserIds::source(move || {
        let ids = (0..count).map(|number| UserId::new(format!("fan-{number:024}")).map_err(io::Error::other));
        Ok(ids)
    });
    let request = requests.create_segment(&SegmentName::new("season-ticket-holders").unwrap(), ids).unwrap();
    let (mut body, mut bytes) = (request.into_body(), 0);
    while let Some(frame) = body.frame().await {
        bytes += frame.unwrap().into_data().unwrap().len();
    }
    println!("{bytes}");
}
