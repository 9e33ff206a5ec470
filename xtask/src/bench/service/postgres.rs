//! A PostgreSQL of its own for the time of a measurement, where one is installed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::bench::process::find;

const SCHEMA: &str = "CREATE TABLE users (id text COLLATE \"C\" PRIMARY KEY, attributes jsonb NOT NULL)";

/// What an update is there: the same user ids and attributes as in the calls.
const UPDATE: &str = "\\set user random(1, 1000000)\n\
     INSERT INTO users VALUES ('fan-' || :user, '{\"user_properties.sth\": true}') \
     ON CONFLICT (id) DO UPDATE SET attributes = users.attributes || excluded.attributes;\n";

/// A server on a socket in its own folder, stopped when this is dropped.
pub(in crate::bench) struct Postgres {
    programs: PathBuf,
    folder: TempDir,
}

impl Postgres {
    /// `None` where it is not installed.
    pub(in crate::bench) fn start() -> Result<Option<Self>> {
        let Some(programs) = programs() else { return Ok(None) };
        let folder = TempDir::new()?;
        let server = Self { programs, folder };
        let data = server.path("data");
        if is_root() {
            // It does not run as root; Debian makes it a user of its own.
            let owned = Command::new("chown").arg("postgres").arg(server.folder.path()).status()?;
            ensure!(owned.success(), "cannot give the folder to the user postgres");
        }
        server.run("initdb", &["-D", &data, "-A", "trust", "-E", "UTF8", "--locale=C"])?;
        let socket = server.path("");
        let settings = format!(
            "-c listen_addresses='' -c unix_socket_directories='{socket}' -c shared_buffers=256MB -c max_connections=200"
        );
        let log = server.path("log");
        server.run("pg_ctl", &["-D", &data, "-l", &log, "-w", "-o", &settings, "start"])?;
        server.sql(SCHEMA)?;
        Ok(Some(server))
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn command(&self, program: &str) -> Command {
        let path = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(self.folder.path());
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<String> {
        self.run_with(Stdio::null(), program, arguments)
    }

    /// What the program prints. To a file: the server that `pg_ctl` starts would keep a pipe open.
    fn run_with(&self, input: Stdio, program: &str, arguments: &[&str]) -> Result<String> {
        let printed = tempfile::NamedTempFile::new()?;
        let mut command = self.command(program);
        command.args(arguments).stdin(input).stdout(printed.reopen()?).stderr(printed.reopen()?);
        let status = command.status().with_context(|| format!("cannot run {program}"))?;
        let text = fs::read_to_string(printed.path())?;
        ensure!(status.success(), "{program} {arguments:?}: {text}");
        Ok(text)
    }

    /// What psql prints of the statements.
    pub(in crate::bench) fn sql(&self, statements: &str) -> Result<String> {
        self.sql_with(Stdio::null(), statements)
    }

    pub(in crate::bench) fn sql_with(&self, input: Stdio, statements: &str) -> Result<String> {
        let socket = self.path("");
        self.run_with(
            input,
            "psql",
            &["-q", "-h", &socket, "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-c", statements],
        )
    }

    /// What psql prints of one statement, the time that it took included.
    pub(in crate::bench) fn timed(&self, statement: &str) -> Result<String> {
        let socket = self.path("");
        let arguments = [
            "-q",
            "-t",
            "-h",
            &socket,
            "-d",
            "postgres",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            "\\timing on",
            "-c",
            statement,
        ];
        self.run("psql", &arguments)
    }

    /// Seconds to take a file of ids into a table that is keyed by them.
    pub(super) fn copy_ids(&self, file: &Path) -> Result<f64> {
        self.sql("CREATE TABLE ids (id text COLLATE \"C\" PRIMARY KEY)")?;
        let began = Instant::now();
        self.sql_with(File::open(file)?.into(), "COPY ids FROM STDIN WITH (FORMAT csv, HEADER)")?;
        let seconds = began.elapsed().as_secs_f64();
        self.sql("DROP TABLE ids")?;
        Ok(seconds)
    }

    /// Updates a second over as many connections, each durable.
    pub(super) fn updates(&self, connections: usize, seconds: u32) -> Result<f64> {
        let script = self.folder.path().join("update.sql");
        fs::write(&script, UPDATE)?;
        let (socket, script) = (self.path(""), script.display().to_string());
        let (connections, seconds) = (connections.to_string(), seconds.to_string());
        let arguments =
            ["-n", "-h", &socket, "-c", &connections, "-j", "1", "-T", &seconds, "-f", &script, "postgres"];
        let printed = self.run("pgbench", &arguments)?;
        let rate = printed.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
        Ok(rate.context("pgbench printed no rate")?.parse()?)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its data goes with the folder.
        let _ = self.run("pg_ctl", &["-D", &self.path("data"), "-m", "immediate", "stop"]);
    }
}

/// Where the newest of the installed versions keeps its programs, as Debian lays them out.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql").ok()?.flatten().collect();
    versions.sort_by_key(|version| version.file_name().to_string_lossy().parse::<u32>().unwrap_or_default());
    let programs = versions.pop()?.path().join("bin");
    programs.join("initdb").is_file().then_some(programs)
}

fn is_root() -> bool {
    let told = find("id").and_then(|id| Command::new(id).arg("-u").output().ok());
    told.is_some_and(|told| told.stdout.trim_ascii() == b"0")
}
