//! `fanpass serve`: the service on a socket.

mod report;

use std::env;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum as _};
use fanpass_server::store::give_up_damaged_logs;
use fanpass_server::{FaultRule, Service, raise_open_files};
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::cli::{Found, Global};
use crate::exit::Exit;
use crate::failure::failure;
use crate::logging;
use crate::printer::Printer;
use crate::session;
use crate::settings::{LogFormat, Origin, Settings};
use crate::signals;
use report::{ServeReport, SettingsReport};

/// Run the service on a socket
///
/// Data is kept in --data. A termination signal or Ctrl-C ends it: requests under way are answered, imports go on at the
/// next start; a second one ends it at once.
///
/// Every setting can stand in these places, of which the later one wins: a file (--config-file), FANPASS_LISTEN and FANPASS_DATA, the
/// environment under its own name (FANPASS_SERVE_LIMITS_UPLOAD_BYTES), --set (limits.upload_bytes=1GiB), an option of its own
/// (--listen).
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  fanpass serve --listen 127.0.0.1:8787\n  \
    fanpass serve --config-file serve.toml --check-config")]
#[allow(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub struct Serve {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8787]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Print no development token
    #[arg(long)]
    no_token: bool,
    /// Form of the log on standard error
    #[arg(long, value_enum, value_name = "FORM")]
    log_format: Option<LogFormat>,
    /// Address and port for /metrics, /healthz and /readyz without a token
    #[arg(long, value_name = "ADDRESS")]
    metrics_listen: Option<SocketAddr>,
    /// Keep data in a private temporary folder that is removed at the end
    #[arg(long)]
    ephemeral: bool,
    /// Start on a folder with a damaged log, without the commits behind the damage: they are lost. Copy the folder first
    #[arg(long)]
    accept_damaged_log: bool,
    /// Let calls meet faults on demand: those of --fault, of `fanpass faults set`, of their own header x-fanpass-fault
    #[arg(long)]
    faults: bool,
    /// A fault and the share of calls that meet it, as `429=0.1`, `latency=20ms`; repeat for more. Means --faults
    #[arg(long = "fault", value_name = "RULE")]
    fault: Vec<FaultRule>,
    /// Decides, with the number of a call, which faults it meets
    #[arg(long, value_name = "NUMBER")]
    fault_seed: Option<u64>,
    /// TOML file of settings
    #[arg(long, value_name = "FILE", env = "FANPASS_SERVE_CONFIG_FILE", hide_env_values = true)]
    config_file: Option<PathBuf>,
    /// One setting, as `limits.upload_bytes=1GiB`; repeat for more
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_and_value)]
    settings: Vec<(String, String)>,
    /// Print every setting with its value and where that was found, and serve nothing
    #[arg(long)]
    check_config: bool,
}

fn key_and_value(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("a setting is KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

impl Serve {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        if self.ephemeral && global.data_from == Found::CommandLine {
            let message = "--ephemeral makes a folder of its own; leave --data out";
            return Err(failure(Exit::Usage, message));
        }
        let mut settings = self.settings(global)?;
        let temporary = if self.ephemeral { Some(private_folder()?) } else { None };
        if let Some(folder) = &temporary {
            settings.config.data = folder.path().to_owned();
        }
        if self.check_config {
            printer.report(&SettingsReport::of(&settings))?;
            return Ok(Exit::Done);
        }
        logging::start(global.verbose, settings.log_format, printer);
        settings.config.settings = settings.told();
        let Settings { config, listen, metrics_listen, development_token, .. } = settings;
        let data = config.data.display().to_string();
        let portal = config.portal.enabled;
        let ga4 = config.ga4.measurement_id.clone().or(config.ga4.firebase_app_id.clone());
        if self.accept_damaged_log {
            give_up_damaged_logs(&config.data)?;
        }
        raise_open_files(&config.limits)?;
        let service = Service::open(config).await?;
        if ga4.is_some() {
            service.forward_to_ga4(session::transport(global.transport)?);
        }
        let listener = bind(listen, "--listen").await?;
        let watched = match metrics_listen {
            Some(address) => Some(bind(address, "--metrics-listen").await?),
            None => None,
        };
        let token = if development_token { Some(service.development_token().await?) } else { None };
        let url = format!("http://{}", listener.local_addr()?);
        printer.report(&ServeReport {
            portal: portal.then(|| format!("{url}/portal")),
            url,
            metrics: match &watched {
                Some(listener) => Some(format!("http://{}/metrics", listener.local_addr()?)),
                None => None,
            },
            data,
            ga4,
            token: token.map(|token| token.expose_secret().to_owned()),
        })?;
        let (ended, ends) = oneshot::channel::<()>();
        let watched = watched.map(|listener| {
            let service = service.clone();
            tokio::spawn(async move { service.serve_metrics(listener, async { drop(ends.await) }).await })
        });
        let folder = temporary.as_ref().map(|folder| folder.path().to_owned());
        let stopped = signals::stop_unless_again(move || end_at_once(folder, printer));
        service.serve(listener, stopped).await?;
        service.stop().await;
        drop(ended);
        if let Some(watched) = watched {
            watched.await??;
        }
        drop(service);
        if let Some(folder) = temporary {
            folder.close().context("cannot remove the temporary data folder")?;
        }
        Ok(Exit::Done)
    }

    fn settings(&self, global: &Global) -> Result<Settings> {
        let mut options: Vec<_> = self
            .settings
            .iter()
            .map(|(key, value)| (key.clone(), value.clone(), Origin::Option("--set")))
            .collect();
        let mut state = |key: &str, value: String, option: &'static str| {
            options.push((key.to_owned(), value, Origin::Option(option)));
        };
        if global.data_from == Found::CommandLine {
            state("data", global.data.display().to_string(), "--data");
        }
        if let Some(listen) = self.listen {
            state("listen", listen.to_string(), "--listen");
        }
        if let Some(listen) = self.metrics_listen {
            state("metrics.listen", listen.to_string(), "--metrics-listen");
        }
        if self.no_token {
            state("development_token", false.to_string(), "--no-token");
        }
        if let Some(format) = self.log_format.and_then(|format| format.to_possible_value()) {
            state("log.format", format.get_name().to_owned(), "--log-format");
        }
        if self.faults || !self.fault.is_empty() {
            let option = if self.faults { "--faults" } else { "--fault" };
            state("faults.enabled", true.to_string(), option);
        }
        if !self.fault.is_empty() {
            let rules: Vec<_> = self.fault.iter().map(ToString::to_string).collect();
            state("faults.rules", rules.join(","), "--fault");
        }
        if let Some(seed) = self.fault_seed {
            state("faults.seed", seed.to_string(), "--fault-seed");
        }
        // One that is no text is none of ours: all of theirs are.
        let variables = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Settings::read(&global.data, self.config_file.as_deref(), variables, options)
    }
}

/// Ends the process as a kill would, but for its temporary folder.
fn end_at_once(temporary: Option<PathBuf>, printer: Printer) {
    if let Some(folder) = temporary {
        // It has told nobody to stop: what is still written there may stay.
        let _ = fs::remove_dir_all(folder);
    }
    let message = "ended at once by a second signal; calls under way were cut off";
    printer.error(&failure(Exit::Interrupted, message), Exit::Interrupted);
    process::exit(Exit::Interrupted.code().into());
}

/// A temporary folder that nobody else can look into.
fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.prefix("fanpass-").tempdir()
}

async fn bind(address: SocketAddr, option: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; choose another address with {option}, or port 0 for a free one")
    })
}
