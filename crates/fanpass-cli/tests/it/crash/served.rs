//! A service in a process of its own, and calls by hand: a client that retries would hide what is asked here.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// `fanpass serve` on a folder's data. It is killed when this is dropped.
pub struct Served {
    process: Child,
    /// Open for as long as the process runs, or a further line would end it.
    _output: BufReader<ChildStdout>,
    pub door: Door,
    /// From the start of the process until it said that it listens.
    pub start: Duration,
}

impl Served {
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    pub fn start_with(folder: &Path, options: &[&str]) -> Self {
        let began = Instant::now();
        let mut process = Command::new(env!("CARGO_BIN_EXE_fanpass"))
            .args(["serve", "--listen", "127.0.0.1:0", "--json"])
            .args(options)
            .current_dir(folder)
            .env_clear()
            .env("FANPASS_CONFIG", folder.join("config"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut json = String::new();
        while !json.ends_with("}\n") {
            assert_ne!(output.read_line(&mut json).unwrap(), 0, "the service ended early: {json}");
        }
        let start = began.elapsed();
        let started: Value = serde_json::from_str(&json).unwrap();
        let url = started["url"].as_str().unwrap();
        let door = Door {
            address: url.strip_prefix("http://").unwrap().parse().unwrap(),
            token: started["token"].as_str().unwrap().to_owned(),
        };
        Self { process, _output: output, door, start }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where a service is, and the token that it takes.
#[derive(Clone)]
pub struct Door {
    address: SocketAddr,
    token: String,
}

impl Door {
    /// One call on a connection of its own; an error if the service went away before it had answered whole.
    pub fn call(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        id: &str,
        body: &str,
    ) -> io::Result<(u16, Value)> {
        let mut stream = TcpStream::connect(self.address)?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: fanpass\r\nconnection: close\r\nauthorization: Bearer {}\r\n\
             x-request-id: {id}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
        let length: usize = header(head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        if body.len() < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or(io::ErrorKind::InvalidData)?;
        Ok((status, serde_json::from_str(body).unwrap_or_default()))
    }

    pub fn post(&self, path: &str, id: &str, body: &Value) -> io::Result<(u16, Value)> {
        self.call("POST", path, "application/json", id, &body.to_string())
    }

    pub fn upload(&self, segment: &str, id: &str, file: &str) -> io::Result<(u16, Value)> {
        let part = "--b\r\ncontent-disposition: form-data; name=";
        let body = format!(
            "{part}\"segmentName\"\r\n\r\n{segment}\r\n{part}\"file\"; filename=\"ids.csv\"\r\n\r\n{file}\r\n--b--\r\n"
        );
        self.call("POST", "/api/v1/segments", "multipart/form-data; boundary=b", id, &body)
    }

    /// What a service that runs answers to a look-up.
    pub fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, "application/json", "look-up", "").unwrap()
    }

    /// The end of an import, however long it takes.
    pub fn ended(&self, import: &str) -> Value {
        let request = serde_json::json!({ "firebase_imported_segment_id": import });
        loop {
            let (status, told) = self.post("/api/v1/segment_import_status", "look-up", &request).unwrap();
            assert_eq!(status, 200, "an import that was accepted is gone: {told}");
            if !["pending", "processing"].contains(&told["status"].as_str().unwrap()) {
                return told;
            }
            std::thread::yield_now();
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
