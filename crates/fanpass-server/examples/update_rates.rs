//! Measures durable updates and look-ups over HTTP beside the server's own no-op handler, by turns, and the storage alone:
//! `cargo run --release -p fanpass-server --example update_rates [REQUESTS] [CONNECTIONS] [ONLY]`.
//!
//! The service runs on two threads, the callers on one; each connection sends its next request when the answer has come.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fanpass_model::{AttributeValue, UserId, UserProperties, attribute_key};
use fanpass_server::store::{AuditEntry, Clock, Ids, Store};
use fanpass_server::{Config, Service};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;
/// Makes the request of a number.
type Request = fn(usize) -> String;

const ROUNDS: usize = 3;
/// Users that updates and look-ups go to.
const USERS: usize = 100_000;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: usize| arguments.get(at).map_or(Ok(default), |text| text.parse());
    let (requests, connections) = (number(0, 200_000)?, number(1, 64)?);
    let only = arguments.get(2).map(String::as_str);
    let folder = tempfile::tempdir_in(".")?;
    let served = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let callers = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("{requests} requests, {connections} at a time");
    if only.is_none_or(|only| only == "store") {
        let rate = served.block_on(alone(&folder.path().join("alone"), requests, connections))?;
        println!("{:<28}{rate:>10.0} a second", "updates, the storage alone");
    }
    let (address, token, service) = served.block_on(serve(&folder.path().join("served")))?;
    let kinds: [(&str, Request); 3] = [("no-op handler", no_op), ("updates", update), ("look-ups", look_up)];
    for round in 0..ROUNDS {
        let mut no_op_rate = None;
        for (name, request) in kinds {
            if only.is_some_and(|only| only != name) {
                continue;
            }
            let run = run(&address, &token, requests, connections, request);
            let (rate, latencies) = callers.block_on(run)?;
            let of_no_op = rate / *no_op_rate.get_or_insert(rate);
            let at = |part: usize| latencies.get(latencies.len() * part / 1000).copied().unwrap_or_default();
            println!(
                "{round} {name:<26}{rate:>10.0} a second{of_no_op:>7.2}   p50 {:>7.2?}  p99 {:>7.2?}  p99.9 {:>7.2?}",
                at(500),
                at(990),
                at(999)
            );
        }
    }
    served.block_on(service.stop());
    Ok(())
}

fn no_op(_: usize) -> String {
    "GET /healthz HTTP/1.1\r\nhost: fanpass\r\n".to_owned()
}

fn update(number: usize) -> String {
    let body = format!(
        r#"{{"userId":"fan-{}","userProperties":{{"user_properties.sth":{},"custom.loyalty_points":{number}}}}}"#,
        number.wrapping_mul(7_919) % USERS,
        number.is_multiple_of(2)
    );
    format!(
        "POST /api/v1/update_user HTTP/1.1\r\nhost: fanpass\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\u{0}{body}",
        body.len()
    )
}

fn look_up(number: usize) -> String {
    let user = number.wrapping_mul(7_919) % USERS;
    format!("GET /service/v1/user?userId=fan-{user} HTTP/1.1\r\nhost: fanpass\r\n")
}

/// A service with a registered attribute and five segments of all users.
async fn serve(folder: &Path) -> Outcome<(String, String, Service)> {
    let service = Service::open(Config { data: folder.to_owned(), ..Config::default() }).await?;
    let token = service.development_token().await?.expose_secret().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let serving = service.clone();
    tokio::spawn(async move { serving.serve(listener, std::future::pending()).await });
    let post = |path: &str, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: fanpass\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\u{0}{body}",
            body.len()
        )
    };
    let mut connection = Connection::open(&address, &token).await?;
    connection.call(&post("/service/v1/attributes", r#"{"key":"custom.loyalty_points"}"#)).await?;
    let ids: Vec<String> = (0..USERS).map(|user| format!("\"fan-{user}\"")).collect();
    for segment in 0..5 {
        let body = format!(r#"{{"segmentName":"segment-{segment}","userIds":[{}]}}"#, ids.join(","));
        connection.call(&post("/api/v1/segments", &body)).await?;
    }
    Ok((address, token, service))
}

/// A connection that is kept.
struct Connection {
    stream: TcpStream,
    authorization: String,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: &str, token: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            authorization: format!("authorization: Bearer {token}\r\n\r\n"),
            buffer: vec![0; 16_384],
        })
    }

    /// Sends a head, with a body behind a zero byte if it has one, and waits for the whole answer.
    async fn call(&mut self, request: &str) -> Outcome<()> {
        let (head, body) = request.split_once('\0').unwrap_or((request, ""));
        self.stream.write_all(format!("{head}{}{body}", self.authorization).as_bytes()).await?;
        let mut length = 0;
        loop {
            let free = self.buffer.get_mut(length..).ok_or("too long an answer")?;
            let read = self.stream.read(free).await?;
            length += read;
            let answer = std::str::from_utf8(self.buffer.get(..length).unwrap_or_default())?;
            if read == 0 || !answer.starts_with("HTTP/1.1 20") {
                return Err(format!("answered {answer}").into());
            }
            if let Some((head, body)) = answer.split_once("\r\n\r\n") {
                let announced = head.split_once("content-length: ").ok_or("no length")?.1;
                let announced: usize = announced.lines().next().unwrap_or_default().parse()?;
                if body.len() >= announced {
                    return Ok(());
                }
            }
        }
    }
}

/// Calls a second, and how long each took, sorted.
async fn run(
    address: &str,
    token: &str,
    requests: usize,
    connections: usize,
    request: Request,
) -> Outcome<(f64, Vec<Duration>)> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(address, token).await?);
    }
    let begun = Instant::now();
    let mut callers = JoinSet::new();
    for mut connection in open {
        let next = Arc::clone(&next);
        callers.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests {
                    return Outcome::Ok(latencies);
                }
                let sent = Instant::now();
                connection.call(&request(number)).await?;
                latencies.push(sent.elapsed());
            }
        });
    }
    let mut latencies = Vec::with_capacity(requests);
    while let Some(caller) = callers.join_next().await {
        latencies.extend(caller??);
    }
    let rate = f64::from(u32::try_from(requests)?) / begun.elapsed().as_secs_f64();
    latencies.sort_unstable();
    Ok((rate, latencies))
}

/// Durable updates a second of the storage alone.
async fn alone(folder: &Path, updates: usize, callers: usize) -> Outcome<f64> {
    let store = Store::open(folder, Clock::system(), Ids::random())?;
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let store = store.clone();
        tasks.spawn(async move {
            for number in (caller..updates).step_by(callers) {
                let user = UserId::new(format!("fan-{}", number.wrapping_mul(7_919) % USERS))?;
                let changes = UserProperties::from_iter([
                    (attribute_key!("user_properties.sth"), AttributeValue::from(number.is_multiple_of(2))),
                    (attribute_key!("custom.loyalty_points"), AttributeValue::from(i64::try_from(number)?)),
                ]);
                let audit = AuditEntry {
                    request_id: format!("0197f3a0-5c00-7000-8000-{number:012}"),
                    subject: Some("measure".to_owned()),
                    jti: Some("0197f3a0-5c00-7000-8000-000000000001".to_owned()),
                    operation: "updateUser".to_owned(),
                    status: 200,
                    target: Some(format!("user:{number:024}")),
                    ..AuditEntry::default()
                };
                store.upsert_user(&user, &changes, audit).await?;
            }
            Outcome::Ok(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(f64::from(u32::try_from(updates)?) / begun.elapsed().as_secs_f64())
}
