//! A club's working folder, with a service behind its default profile.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use assert_cmd::Command;
use fanpass_server::store::{Clock, Ids};
use fanpass_server::{Config, Service};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// A folder in which the tool is run, isolated from the user's own profiles and environment.
pub struct Club {
    folder: TempDir,
    service: Option<Runtime>,
    address: Option<String>,
}

impl Club {
    /// Without any profile.
    pub fn alone() -> Self {
        Self { folder: TempDir::new().unwrap(), service: None, address: None }
    }

    /// With a default profile for a fresh service, and its token.
    pub fn with_service() -> Self {
        let mut club = Self::alone();
        let runtime = Runtime::new().unwrap();
        let data = club.path("service");
        let (address, token) = runtime.block_on(async {
            let clock = Clock::manual("2026-08-01T03:00:00Z".parse().unwrap());
            let config = Config { data, ..Config::default() };
            let service = Service::open_with(config, clock, Ids::counting()).await.unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let token = service.development_token().await.unwrap();
            tokio::spawn(async move { service.serve(listener, std::future::pending()).await });
            (address, token)
        });
        club.service = Some(runtime);
        club.address = Some(address.to_string());
        club.profile(&format!("http://{address}"), token.expose_secret());
        club
    }

    /// Says where the service is that the club pushes to.
    pub fn at(&mut self, address: String) {
        self.address = Some(address);
    }

    /// Where the service is.
    pub fn address(&self) -> &str {
        self.address.as_deref().unwrap()
    }

    /// Points the default profile at `domain`.
    pub fn profile(&self, domain: &str, token: &str) {
        let login = self.command(&["auth", "login", "--domain", domain]).write_stdin(token).output().unwrap();
        assert!(login.status.success(), "{}", String::from_utf8_lossy(&login.stderr));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// The tool with these arguments, in this folder, and nothing of the machine's environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fanpass"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("FANPASS_CONFIG", self.path("config"));
        command
    }

    /// The tool at work.
    pub fn start(&self, arguments: &[&str]) -> Child {
        std::process::Command::new(env!("CARGO_BIN_EXE_fanpass"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("FANPASS_CONFIG", self.path("config"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs the tool and gives what a person would see: the command, its exit code and both streams. The port is the
    /// machine's choice and stands as `PORT`.
    pub fn run(&self, arguments: &[&str]) -> String {
        let text = transcript(arguments, self.command(arguments));
        match &self.address {
            Some(address) => text.replace(address, "127.0.0.1:PORT"),
            None => text,
        }
    }

    /// What the tool prints as JSON.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.command(arguments).arg("--json").output().unwrap();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// Runs a prepared command and gives what a person would see.
pub fn transcript(arguments: &[&str], mut command: Command) -> String {
    let output = command.output().unwrap();
    let mut text = format!("$ fanpass {}\n", arguments.join(" "));
    text.push_str(&String::from_utf8(output.stdout).unwrap());
    for line in String::from_utf8(output.stderr).unwrap().lines() {
        writeln!(text, "! {line}").unwrap();
    }
    writeln!(text, "exit {}", output.status.code().unwrap()).unwrap();
    text
}

/// A file of the project's documentation.
pub fn example(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/season").join(name);
    fs::read(path).unwrap()
}
