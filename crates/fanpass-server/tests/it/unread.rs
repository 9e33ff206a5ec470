//! Bodies that the service does not read to their ends: the client still sees its answer.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::Harness;

/// An update without a token, whose body has `length` bytes; headers end with `more`.
fn head(length: usize, more: &str) -> String {
    format!(
        "POST /api/v1/update_user HTTP/1.1\r\nhost: fanpass\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n{more}\r\n"
    )
}

/// The head of the next answer, and its body left behind.
async fn answer(stream: &mut TcpStream) -> String {
    let (mut text, mut byte) = (String::new(), [0]);
    while !text.ends_with("\r\n\r\n") {
        stream.read_exact(&mut byte).await.unwrap();
        text.push(char::from(byte[0]));
    }
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    stream.read_exact(&mut vec![0; length.parse().unwrap()]).await.unwrap();
    text
}

#[tokio::test]
async fn a_client_that_sends_all_before_it_reads_sees_why_it_is_refused() {
    let harness = Harness::start().await;
    let mut stream = TcpStream::connect(&harness.address).await.unwrap();
    let body = vec![b' '; 24 << 20];
    stream.write_all(head(body.len(), "").as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    let answer = answer(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("\r\nconnection: close\r\n"), "{answer}");
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "the connection ends in order");
}

#[tokio::test]
async fn an_answer_says_that_its_connection_ends() {
    let harness = Harness::start().await;
    for (more, begins) in [("", " ".repeat(100)), ("expect: 100-continue\r\n", String::new())] {
        let mut stream = TcpStream::connect(&harness.address).await.unwrap();
        stream.write_all((head(300_000, more) + &begins).as_bytes()).await.unwrap();
        let answer = answer(&mut stream).await;
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_short_body_does_not_cost_the_connection() {
    let harness = Harness::start().await;
    let mut stream = TcpStream::connect(&harness.address).await.unwrap();
    for _ in 0..3 {
        stream.write_all(head(60_000, "").as_bytes()).await.unwrap();
        let answer = answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 401") && !answer.contains("connection: close"), "{answer}");
        // The rest comes when the answer is there already.
        stream.write_all(&vec![b' '; 60_000]).await.unwrap();
    }
}
