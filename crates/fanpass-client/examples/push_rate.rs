//! Measures a push against a sink in a process of its own, by turns with bare hyper connections:
//! `cargo run --release -p fanpass-client --example push_rate [REQUESTS] [CONNECTIONS] [SINK_LATENCY_MS]`.
//! An example is built with the clock of tests, which a program that is built by itself does not have to pay for.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::cell::Cell;
use std::convert::Infallible;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use fanpass_client::{Client, Delivery, Push, PushOptions, UserUpdate};
use fanpass_model::{UserId, UserProperties, attribute_key};
use fanpass_transport_hyper::{HyperConnection, HyperTransport};
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

const ROUNDS: usize = 3;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    if std::env::var_os("PUSH_RATE_SINK").is_some() {
        let latency = arguments.next().unwrap().parse().unwrap();
        return serve(Duration::from_millis(latency)).await;
    }
    let mut number = |default: usize| arguments.next().map_or(default, |text| text.parse().unwrap());
    let (requests, connections, latency) = (number(100_000), number(64), number(0));
    let (mut sink, address) = start_sink(latency);
    println!("{requests} requests, {connections} connections, {latency} ms");
    println!("{:<34}{:>12}{:>20}", "", "requests/s", "CPU s per 100,000");
    for _ in 0..ROUNDS {
        report("bare hyper connections", requests, bare(&address, requests, connections)).await;
        report("push, a connection for each slot", requests, by_slot(&address, requests, connections)).await;
        report("push, a pool", requests, pooled(&address, requests, connections)).await;
    }
    sink.kill().unwrap();
    sink.wait().unwrap();
}

async fn report(name: &str, requests: usize, run: impl Future<Output = ()>) {
    let (began, cpu) = (Instant::now(), cpu_time());
    run.await;
    let (elapsed, cpu) = (began.elapsed(), cpu_time().saturating_sub(cpu));
    let requests = f64::from(u32::try_from(requests).unwrap());
    let rate = requests / elapsed.as_secs_f64();
    println!("{name:<34}{rate:>12.0}{:>20.2}", cpu.as_secs_f64() * 100_000.0 / requests);
}

/// What this process's only thread has used, of the user's time and the system's.
fn cpu_time() -> Duration {
    let used = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(used.split(' ').next().unwrap().parse().unwrap())
}

fn start_sink(latency: usize) -> (Child, String) {
    let mut sink = Command::new(std::env::current_exe().unwrap())
        .arg(latency.to_string())
        .env("PUSH_RATE_SINK", "")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(sink.stdout.take().unwrap()).read_line(&mut address).unwrap();
    (sink, address.trim().to_owned())
}

/// Takes in each request and answers as a FanPass does.
async fn serve(latency: Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    loop {
        let stream = listener.accept().await.unwrap().0;
        stream.set_nodelay(true).unwrap();
        let answer = service_fn(move |request: hyper::Request<hyper::body::Incoming>| async move {
            request.into_body().collect().await.unwrap();
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            let answer = http::Response::builder().header("content-type", "application/json");
            Ok::<_, Infallible>(answer.body(Full::<bytes::Bytes>::from(r#"{"userId":"42"}"#)).unwrap())
        });
        tokio::spawn(server::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}

/// The least that can be done: a task for each connection, and a body that is made of a number.
async fn bare(address: &str, requests: usize, connections: usize) {
    let left = Rc::new(Cell::new(requests));
    let tasks = LocalSet::new();
    for _ in 0..connections {
        let (left, host) = (Rc::clone(&left), address.to_owned());
        tasks.spawn_local(async move {
            let stream = TcpStream::connect(&host).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await.unwrap();
            let requests = async move {
                while let Some(next) = left.get().checked_sub(1) {
                    left.set(next);
                    let body = format!(
                        r#"{{"userId":"user-{next}","userProperties":{{"user_properties.sth":true}}}}"#
                    );
                    let request = http::Request::post("/api/v1/update_user")
                        .header("host", &host)
                        .header("content-type", "application/json")
                        .body(Full::<bytes::Bytes>::from(body))
                        .unwrap();
                    let answer = sender.send_request(request).await.unwrap();
                    answer.into_body().collect().await.unwrap();
                }
            };
            let (connection, ()) = tokio::join!(connection, requests);
            connection.unwrap();
        });
    }
    tasks.await;
}

async fn by_slot(address: &str, requests: usize, connections: usize) {
    let (transport, address) = (HyperConnection::new().unwrap(), address.to_owned());
    let client = move |_| {
        let builder = Client::builder().domain(format!("http://{address}")).token("token".to_owned().into());
        builder.transport(transport.sibling()).build()
    };
    finish(Push::with_clients(client, updates(requests), options(connections))).await;
}

async fn pooled(address: &str, requests: usize, connections: usize) {
    let builder = Client::builder().domain(format!("http://{address}")).token("token".to_owned().into());
    let client = builder.transport(HyperTransport::new().unwrap()).build().unwrap();
    finish(client.push_users(updates(requests), options(connections))).await;
}

fn options(max_concurrency: usize) -> PushOptions {
    PushOptions { max_concurrency, ..PushOptions::default() }
}

fn updates(count: usize) -> impl futures_core::Stream<Item = UserUpdate<usize>> + Send {
    stream::iter((0..count).map(|row| {
        let holder = UserProperties::from_iter([(attribute_key!("user_properties.sth"), true.into())]);
        UserUpdate::new(row, UserId::new(format!("user-{row}")).unwrap(), holder)
    }))
}

async fn finish(mut push: Push<usize>) {
    while let Some(outcome) = push.next().await {
        assert!(matches!(outcome.delivery, Delivery::Sent), "{outcome:?}");
    }
}
