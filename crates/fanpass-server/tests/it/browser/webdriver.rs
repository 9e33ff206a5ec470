//! As much of `WebDriver` (W3C) as the tests need, over a connection for each command.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The member by which `WebDriver` names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A headless Chromium with one window, and the process that drives it. Neither outlives the test, failed or not.
pub struct WebDriver {
    process: Child,
    port: u16,
    session: String,
    /// Where both keep their temporary files: not all are removed by them.
    _temporary: TempDir,
}

impl WebDriver {
    /// None where no Chromium is installed.
    pub fn start() -> Option<Self> {
        let temporary = TempDir::new().unwrap();
        let started = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut process = started.ok()?;
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let port = loop {
            let mut line = String::new();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "chromedriver ended before it began");
            if let Some((_, port)) = line.trim().trim_end_matches('.').rsplit_once("successfully on port ") {
                break port.parse().unwrap();
            }
        };
        // Whatever else it says would fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let mut driver = Self { process, port, session: String::new(), _temporary: temporary };
        let arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session = driver.exchange("POST", "/session", &wanted).unwrap();
        session["sessionId"].as_str().unwrap().clone_into(&mut driver.session);
        Some(driver)
    }

    /// Gives a command of the session, or what the driver says against it.
    pub fn command(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.exchange("POST", &format!("/session/{}{path}", self.session), body)
    }

    pub fn read(&self, path: &str) -> Value {
        self.exchange("GET", &format!("/session/{}{path}", self.session), &Value::Null).unwrap()
    }

    /// Runs a script in the page; it waits for its answer if that is promised.
    pub fn ask(&self, script: &str, arguments: &[Value]) -> Result<Value, String> {
        self.command("/execute/sync", &json!({"script": script, "args": arguments}))
    }

    /// The first element that a selector of CSS finds.
    pub fn find(&self, selector: &str) -> Result<String, String> {
        self.found(&json!({"using": "css selector", "value": selector}))
    }

    /// The first one that an `XPath` does.
    pub fn find_by_path(&self, path: &str) -> Result<String, String> {
        self.found(&json!({"using": "xpath", "value": path}))
    }

    fn found(&self, by: &Value) -> Result<String, String> {
        Ok(self.command("/element", by)?[ELEMENT].as_str().unwrap().to_owned())
    }

    fn exchange(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        match &answer["value"]["error"] {
            Value::String(error) => Err(format!("{error}: {}", answer["value"]["message"])),
            _ => Ok(answer["value"].clone()),
        }
    }
}

impl Drop for WebDriver {
    fn drop(&mut self) {
        if !self.session.is_empty() && !std::thread::panicking() {
            let _ = self.exchange("DELETE", &format!("/session/{}", self.session), &Value::Null);
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
