//! A FanPass that is not ours: it speaks documented and assumed fields alone, and says what a test puts into its mouth.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};

use crate::harness::Club;

/// A club whose default profile is a FanPass that takes every upload and answers each question for its import with
/// `status`. Whatever else it is asked is not found.
pub fn club_with(status: &str) -> Club {
    watched_club(status).0
}

/// The same, but it never answers an update of a user; with the path of each request once it has it.
pub fn club_that_holds_updates() -> (Club, Receiver<String>) {
    start(&[], "", Updates::Held)
}

/// The same as the first, but bodies of a media type in `refused` are too large for it.
pub fn club_that_refuses(refused: &'static [&'static str], status: &str) -> Club {
    start(refused, status, Updates::Taken).0
}

/// The same, with the path of each request once it was answered.
pub fn watched_club(status: &str) -> (Club, Receiver<String>) {
    start(&[], status, Updates::Taken)
}

/// The same, but it takes that many updates of users, and no token after them. What it is told of is the body of an update
/// that it took.
pub fn club_that_takes(updates: Arc<AtomicUsize>) -> (Club, Receiver<String>) {
    start(&[], "", Updates::Counted(updates))
}

/// What becomes of updates of users.
#[derive(Clone)]
enum Updates {
    Taken,
    Counted(Arc<AtomicUsize>),
    Held,
}

fn start(refused: &'static [&'static str], status: &str, updates: Updates) -> (Club, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let status = status.to_owned();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (connection, status, tell) = (connection.unwrap(), status.clone(), tell.clone());
            let updates = updates.clone();
            // A client may open a connection that it then has no use for; the next one must not wait for it.
            std::thread::spawn(move || {
                // Whoever does not watch hangs up.
                let path = answer(&connection, refused, &status, &updates);
                let _ = tell.send(path);
                if matches!(updates, Updates::Held) {
                    std::thread::park();
                }
            });
        }
    });
    let mut club = Club::alone();
    club.at(address.to_string());
    club.profile(&format!("http://{address}"), "a.b.c");
    (club, told)
}

fn answer(mut connection: &TcpStream, refused: &[&str], status: &str, updates: &Updates) -> String {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let (mut line, mut length, mut chunked, mut too_large) = (String::new(), 0, false, false);
    reader.read_line(&mut line).unwrap();
    let mut path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    while line != "\r\n" {
        line.clear();
        if reader.read_line(&mut line).unwrap() == 0 {
            return path;
        }
        let header = line.to_ascii_lowercase();
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if let Some(media_type) = header.strip_prefix("content-type: ") {
            too_large = refused.iter().any(|refused| media_type.starts_with(refused));
        }
        chunked |= header.starts_with("transfer-encoding: chunked");
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    while chunked && !body.ends_with(b"0\r\n\r\n") {
        let read = reader.fill_buf().unwrap().to_vec();
        reader.consume(read.len());
        body.extend(read);
    }
    let taken = |left: &AtomicUsize| {
        left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
    };
    let told = String::from_utf8_lossy(&body).into_owned();
    let (code, body) = match path.as_str() {
        "/api/v1/segments" if too_large => (413, "too much"),
        "/api/v1/segments" => (202, r#"{"firebase_imported_segment_id":"imp-1","status":"pending"}"#),
        "/api/v1/segment_import_status" => (200, status),
        "/api/v1/update_user" => match updates {
            Updates::Held => return path,
            Updates::Counted(left) if taken(left).is_err() => (401, "no more"),
            Updates::Counted(_) => {
                path = told;
                (200, "{}")
            }
            Updates::Taken => (200, "{}"),
        },
        _ => (404, r#"{"message":"nothing here"}"#),
    };
    let head = format!(
        "HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).unwrap();
    path
}
