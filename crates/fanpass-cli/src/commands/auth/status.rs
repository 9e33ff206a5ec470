//! `fanpass auth status`: which FanPass and which token commands would use, without a call.

use std::io::{self, Write};

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report};
use crate::target::Target;

/// Show which FanPass and which token commands would use
///
/// Reads what the token says of itself and asks nobody: whether it was revoked, only the service knows.
#[derive(Debug, Args)]
pub struct Status {}

impl Status {
    pub fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let report = if global.local { StatusReport::local(global) } else { StatusReport::remote(global)? };
        let exit = report.exit();
        printer.conclude(&report, Ok(exit))
    }
}

/// What a JWT says of itself (RFC 7519, section 4.1), unverified.
#[derive(Debug, Default, Deserialize)]
struct Claims {
    sub: Option<String>,
    exp: Option<i64>,
}

impl Claims {
    fn read(token: &SecretString) -> Option<Self> {
        let payload = token.expose_secret().split('.').nth(1)?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusReport {
    domain: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    expired: bool,
}

impl StatusReport {
    fn local(global: &Global) -> Self {
        Self {
            domain: format!("the service in this process, data in {}", global.data.display()),
            profile: None,
            token_from: Some("the service itself".to_owned()),
            subject: None,
            expires_at: None,
            expired: false,
        }
    }

    fn remote(global: &Global) -> Result<Self> {
        let target = Target::find(global)?;
        let found = target.find_token(global)?;
        let claims = found.as_ref().and_then(|(token, _)| Claims::read(token)).unwrap_or_default();
        let expires = claims.exp.and_then(|seconds| Timestamp::from_second(seconds).ok());
        Ok(Self {
            domain: target.domain,
            profile: target.profile,
            token_from: found.map(|(_, place)| place),
            subject: claims.sub,
            expires_at: expires.map(|time| time.to_string()),
            expired: expires.is_some_and(|time| time <= Timestamp::now()),
        })
    }

    fn exit(&self) -> Exit {
        if self.token_from.is_none() || self.expired { Exit::Denied } else { Exit::Done }
    }
}

impl Report for StatusReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "domain   {}", self.domain)?;
        if let Some(profile) = &self.profile {
            writeln!(out, "profile  {profile}")?;
        }
        match &self.token_from {
            Some(place) => writeln!(out, "token    from {place}")?,
            None => writeln!(out, "token    none: set FANPASS_TOKEN or run `fanpass auth login`")?,
        }
        if let Some(subject) = &self.subject {
            writeln!(out, "subject  {subject}")?;
        }
        if let Some(expires_at) = &self.expires_at {
            let state = if self.expired { "expired" } else { "expires" };
            writeln!(out, "{state}  {expires_at}")?;
        }
        Ok(())
    }
}
