//! `fanpass serve`: the service on a socket.

use std::io::{self, Write};
use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use clap::Args;
use secrecy::ExposeSecret;
use serde::Serialize;
use tokio::net::TcpListener;

use crate::cli::Global;
use crate::exit::Exit;
use crate::local::open_service;
use crate::printer::{Printer, Report};
use crate::signals;

/// Run the service on a socket
///
/// Data is kept in --data. A termination signal or Ctrl-C ends it: requests under way are answered, imports go on at the
/// next start.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass serve --listen 127.0.0.1:8787")]
pub struct Serve {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "FANPASS_LISTEN",
        hide_env_values = true,
        default_value = "127.0.0.1:8787"
    )]
    listen: SocketAddr,
    /// Print no development token
    #[arg(long)]
    no_token: bool,
}

impl Serve {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let service = open_service(&global.data).await?;
        let listener = TcpListener::bind(self.listen).await.with_context(|| {
            format!(
                "cannot listen on {0}; choose another address with --listen, or port 0 for a free one",
                self.listen
            )
        })?;
        let token = if self.no_token { None } else { Some(service.development_token().await?) };
        printer.report(&ServeReport {
            url: format!("http://{}", listener.local_addr()?),
            data: global.data.display().to_string(),
            token: token.map(|token| token.expose_secret().to_owned()),
        })?;
        service.serve(listener, signals::stop()).await?;
        service.stop().await;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
struct ServeReport {
    url: String,
    data: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl Report for ServeReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "FanPass serves {}, data in {}", self.url, self.data)?;
        if let Some(token) = &self.token {
            writeln!(out, "\nA development token, which allows everything:\n  export FANPASS_TOKEN={token}")?;
            writeln!(out, "\nNext: fanpass segments list --domain {}", self.url)?;
        }
        Ok(())
    }
}
