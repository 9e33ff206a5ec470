//! `fanpass auth login`: stores a domain and its token.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use fanpass_client::BaseUrl;
use secrecy::SecretString;
use serde::Serialize;

use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::failure;
use crate::printer::{Printer, Report};
use crate::profile::{ConfigFolder, DEFAULT_PROFILE, Profile, parse_token, read_token_file};
use crate::session::{Target, token_in_environment};

/// Store a domain and its token under a profile
///
/// The token is read from --token-file, FANPASS_TOKEN or standard input, never from the command line, and kept in a file
/// that you alone can read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass auth login --domain fanreach.example < token.txt\n  \
    fanpass auth login --profile staging --domain https://staging.fanreach.example --token-file token.txt")]
pub struct Login {}

impl Login {
    pub fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        if global.local {
            return Err(failure(Exit::Usage, "--local needs no login: it makes its own token"));
        }
        let folder = ConfigFolder::new(global.config.clone())?;
        let name = global.profile.as_deref().unwrap_or(DEFAULT_PROFILE);
        let domain = match &global.domain {
            Some(domain) => domain.clone(),
            None => Target::find(global)?.domain,
        };
        BaseUrl::parse(&domain)?;
        let token = read_token(global, printer)?;
        folder.save_profile(name, Profile { domain: domain.clone() })?;
        let token_file = folder.save_token(name, &token)?;
        printer.report(&LoginReport { profile: name.to_owned(), domain, token_file })?;
        Ok(Exit::Done)
    }
}

fn read_token(global: &Global, printer: Printer) -> Result<SecretString> {
    if let Some(path) = &global.token_file {
        return read_token_file(path);
    }
    if let Some(token) = token_in_environment() {
        return Ok(token);
    }
    if io::stdin().is_terminal() {
        printer
            .note("Paste the token, then press Enter (a file is safer: fanpass auth login … < token.txt):");
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read the token from standard input")?;
    parse_token(&line).ok_or_else(|| failure(Exit::Usage, "standard input holds no token"))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LoginReport {
    profile: String,
    domain: String,
    token_file: PathBuf,
}

impl Report for LoginReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { profile, domain, token_file } = self;
        writeln!(out, "Profile {profile} pushes to {domain}; its token is in {}", token_file.display())
    }
}
