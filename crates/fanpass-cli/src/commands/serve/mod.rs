//! `fanpass serve`: the service on a socket.

mod report;

use std::env;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

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
/// next start. Every setting can stand in a file (--config-file), in the environment (FANPASS_SERVE_LIMITS_UPLOAD_BYTES) or on
/// the command line (--set limits.upload_bytes=1GiB); what is said later in this list wins.
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
        raise_open_files(&config.limits);
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
        service.serve(listener, signals::stop()).await?;
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
        let mut options: Vec<(&str, String, Origin)> = Vec::new();
        for (key, value) in &self.settings {
            options.push((key, value.clone(), Origin::Option("--set")));
        }
        if let Some(listen) = self.listen {
            options.push(("listen", listen.to_string(), Origin::Option("--listen")));
        }
        if let Some(listen) = self.metrics_listen {
            options.push(("metrics.listen", listen.to_string(), Origin::Option("--metrics-listen")));
        }
        if self.no_token {
            options.push(("development_token", false.to_string(), Origin::Option("--no-token")));
        }
        if let Some(format) = self.log_format.and_then(|format| format.to_possible_value()) {
            options.push(("log.format", format.get_name().to_owned(), Origin::Option("--log-format")));
        }
        if self.faults || !self.fault.is_empty() {
            let option = if self.faults { "--faults" } else { "--fault" };
            options.push(("faults.enabled", true.to_string(), Origin::Option(option)));
        }
        if !self.fault.is_empty() {
            let rules: Vec<_> = self.fault.iter().map(ToString::to_string).collect();
            options.push(("faults.rules", rules.join(","), Origin::Option("--fault")));
        }
        if let Some(seed) = self.fault_seed {
            options.push(("faults.seed", seed.to_string(), Origin::Option("--fault-seed")));
        }
        // One that is no text is none of ours: all of theirs are.
        let variables = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let data = (global.data.as_path(), global.data_from);
        Settings::read(data, self.config_file.as_deref(), variables, &options)
    }
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
