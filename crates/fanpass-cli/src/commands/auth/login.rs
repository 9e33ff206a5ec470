//! `fanpass auth login`: stores a domain and its token.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use fanpass_client::BaseUrl;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use crate::cli::{Found, Global};
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::failure::failure;
use crate::printer::{Printer, Report};
use crate::profile::{ConfigFolder, DEFAULT_PROFILE, Profile, parse_token};
use crate::target::{Target, stated_token};

/// Store a domain and its token under a profile
///
/// The token is read from --token-file, else from standard input where that is a file or a pipe that holds one, else from
/// FANPASS_TOKEN or FANPASS_TOKEN_FILE; never from the command line. It is kept in a file that you alone can read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass auth login --domain fanreach.example < token.txt\n  \
    fanpass auth login --profile staging --domain https://staging.fanreach.example --token-file token.txt")]
pub struct Login {
    #[command(flatten)]
    dry_run: DryRun,
}

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
        BaseUrl::parse_with_plain_hosts(&domain, global.allow_plain_http.as_slice())?;
        let (token, token_from) = read_token(global, printer)?;
        if !is_jwt(&token) {
            let message = format!(
                "{token_from} holds no token: FanReach and `fanpass tokens issue` give JWTs, three parts with a point between them"
            );
            return Err(failure(Exit::Usage, message));
        }
        if self.dry_run.dry_run {
            let would = format!("keep the token from {token_from} for {domain} as profile {name}");
            printer.report(&Intent::to(would).if_only(format!("{domain} takes the token"), false))?;
            return Ok(Exit::Done);
        }
        folder.save_profile(name, Profile { domain: domain.clone() })?;
        let token_file = folder.save_token(name, &token)?;
        printer.report(&LoginReport { profile: name.to_owned(), domain, token_from, token_file })?;
        Ok(Exit::Done)
    }
}

/// Whether it has the form of a JWT (RFC 7519): what was pasted in its place is found out before it is kept.
fn is_jwt(token: &SecretString) -> bool {
    let parts: Vec<_> = token.expose_secret().split('.').collect();
    let is_base64 = |part: &&str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    parts.len() == 3 && parts.iter().all(is_base64)
}

/// The token and, in words, where it came from.
fn read_token(global: &Global, printer: Printer) -> Result<(SecretString, String)> {
    let from_here = |token| (token, "standard input".to_owned());
    let piped = !io::stdin().is_terminal();
    // Whoever pipes a token in means that one, whatever an earlier `export` left behind.
    if piped
        && global.token_file_from != Found::CommandLine
        && let Some(token) = read_line()?
    {
        return Ok(from_here(token));
    }
    if let Some(found) = stated_token(global)? {
        return Ok(found);
    }
    if piped {
        return Err(failure(Exit::Usage, "standard input holds no token, and FANPASS_TOKEN is not set"));
    }
    printer.note("Paste the token, which is not shown, then press Enter:");
    read_unseen()?.map(from_here).ok_or_else(|| failure(Exit::Usage, "that line holds no token"))
}

/// Reads a line from the terminal, which shows nothing of it meanwhile.
fn read_unseen() -> Result<Option<SecretString>> {
    let line = rpassword::read_password();
    Ok(parse_token(&line.context("cannot read the token from the terminal")?))
}

fn read_line() -> Result<Option<SecretString>> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read the token from standard input")?;
    Ok(parse_token(&line))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LoginReport {
    profile: String,
    domain: String,
    token_from: String,
    token_file: PathBuf,
}

impl Report for LoginReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { profile, domain, token_from, token_file } = self;
        let token_file = token_file.display();
        writeln!(
            out,
            "Profile {profile} pushes to {domain}; its token, from {token_from}, is now in {token_file}"
        )
    }
}
