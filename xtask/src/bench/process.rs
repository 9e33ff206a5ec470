//! Processes under measurement: the sink, and one client at a time.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::{NamedTempFile, TempDir};

/// GNU time, which knows what a process used.
const TIME: &str = "/usr/bin/time";

/// One worker that answers as our own sink does, and never closes a connection.
const NGINX: &str = r#"
daemon off; master_process off; pid nginx.pid;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s; client_max_body_size 0;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server { listen ADDRESS backlog=4096; default_type application/json; location / { return 200 '{"status":"ok"}'; } }
}
"#;

/// Where a process may run. Two busy processes that share a processor measure the scheduler.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Anywhere,
    /// This processor alone, where `taskset` can see to it.
    Processor(u8),
}

impl Place {
    fn command(self, program: &Path) -> Command {
        match (self, find("taskset")) {
            (Self::Processor(number), Some(taskset)) => {
                let mut command = Command::new(taskset);
                command.arg("-c").arg(number.to_string()).arg(program);
                command
            }
            _ => Command::new(program),
        }
    }
}

/// A server that swallows everything.
pub(super) struct Sink {
    process: Child,
    origin: String,
    /// What the server needs while it runs.
    _folder: Option<TempDir>,
}

impl Sink {
    /// Our own sink, which ends with its standard input.
    pub(super) fn own(bench: &Path, place: Place) -> Result<Self> {
        let mut process =
            place.command(bench).arg("sink").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut origin = String::new();
        BufReader::new(process.stdout.take().context("no output")?).read_line(&mut origin)?;
        Ok(Self { process, origin: origin.trim().to_owned(), _folder: None })
    }

    /// nginx as one process, on a port that was free a moment ago.
    pub(super) fn nginx(nginx: &Path, place: Place) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let configuration = folder.path().join("nginx.conf");
        fs::write(&configuration, NGINX.replace("ADDRESS", &address.to_string()))?;
        let mut command = place.command(nginx);
        command.arg("-p").arg(folder.path()).arg("-c").arg(configuration).args(["-e", "stderr"]);
        let process = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let sink = Self { process, origin: format!("http://{address}"), _folder: Some(folder) };
        for _ in 0..100 {
            if TcpStream::connect(address).is_ok() {
                return Ok(sink);
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("{} does not listen", nginx.display())
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // It has nothing to lose, and nobody waits for its result.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a client did.
pub(super) struct Measured {
    pub(super) output: String,
    pub(super) seconds: f64,
    /// CPU seconds, if GNU time is there to tell.
    pub(super) cpu: Option<f64>,
    /// Peak resident memory in MiB, likewise.
    pub(super) memory: Option<f64>,
}

/// Runs a client to its end.
pub(super) fn measure(program: &Path, arguments: &[&str], place: Place) -> Result<Measured> {
    let usage = NamedTempFile::new()?;
    let mut command = if Path::new(TIME).exists() {
        let mut command = place.command(Path::new(TIME));
        command.args(["-f", "%U %S %M", "-o"]).arg(usage.path()).arg(program);
        command
    } else {
        place.command(program)
    };
    let began = Instant::now();
    let output =
        command.args(arguments).output().with_context(|| format!("cannot run {}", program.display()))?;
    let seconds = began.elapsed().as_secs_f64();
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} {arguments:?}: {errors}", program.display());
    let usage: Vec<f64> =
        fs::read_to_string(usage.path())?.split_whitespace().map_while(|word| word.parse().ok()).collect();
    let (cpu, memory) = match usage[..] {
        [user, system, kibibytes] => (Some(user + system), Some(kibibytes / 1024.0)),
        _ => (None, None),
    };
    Ok(Measured { output: String::from_utf8_lossy(&output.stdout).into_owned(), seconds, cpu, memory })
}

/// Where a program of this name is, if it is installed.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    // Debian keeps servers where only an administrator's PATH looks.
    let system = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    std::env::split_paths(&std::env::var_os("PATH")?)
        .chain(system)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}
