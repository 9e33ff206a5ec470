//! The moving parts of `cargo xtask bench`: a sink, and clients that push small requests or upload a file to it.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod push;
mod sink;
mod upload;

use std::time::Duration;

/// One thread: on two cores, the other one is the sink's.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["sink"] => sink::run().await,
        ["push", stack, origin, connections, seconds] => {
            let connections = connections.parse().expect("a number of connections");
            let time = Duration::from_secs(seconds.parse().expect("a number of seconds"));
            println!("{:.0}", push::run(stack, origin, connections, time).await);
        }
        ["upload", stack, origin, path] => upload::run(stack, origin, path).await,
        _ => println!(
            "bench sink | push bare|connection|pool|reqwest|stack ORIGIN CONNECTIONS SECONDS | upload connection|pool|reqwest ORIGIN FILE"
        ),
    }
}
