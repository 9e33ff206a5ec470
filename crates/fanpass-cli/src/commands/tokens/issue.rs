//! `fanpass tokens issue`: a new token, into a file that its owner alone can read.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};
use fanpass_client::IdempotencyKey;
use fanpass_model::{IssueTokenRequest, IssuedToken};
use serde::Serialize;

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::printer::{Printer, Report};
use crate::private_file::{PrivateFile, refuse_homeless, refuse_taken};
use crate::quoting::{quoted, quoted_path};
use crate::session::Session;

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// Issue a token for one person or job
///
/// The token goes into a file that you alone can read and is printed nowhere; it cannot be read again from the service.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    fanpass tokens issue nightly-export --scope segments:write --scope read --out nightly.token\n  \
    fanpass segments list --domain http://127.0.0.1:8787 --token-file nightly.token")]
pub struct Issue {
    /// Who it is for: one person or one job, so that calls can be audited
    subject: String,
    /// What it allows; repeat for more. All but `portal:admin` when not said
    #[arg(long = "scope", value_enum, value_name = "SCOPE")]
    scopes: Vec<Scope>,
    /// Days until it stops working
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u64).range(1..=3650))]
    days: u64,
    /// File to write the token to; it must not exist yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Name of this request: the command issues one token under it in 24 hours, however often it is run
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<IdempotencyKey>,
    #[command(flatten)]
    dry_run: DryRun,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scope {
    #[value(name = "segments:write")]
    SegmentsWrite,
    #[value(name = "users:write")]
    UsersWrite,
    #[value(name = "read")]
    Read,
    #[value(name = "portal:admin")]
    PortalAdmin,
}

impl Issue {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        refuse_taken(&self.out)?;
        refuse_homeless(&self.out)?;
        let mut wanted = IssueTokenRequest::new(self.subject);
        wanted.scopes = self
            .scopes
            .iter()
            .filter_map(Scope::to_possible_value)
            .map(|scope| scope.get_name().to_owned())
            .collect();
        wanted.lifetime_seconds = Some(self.days * DAY);
        if self.dry_run.dry_run {
            printer.report(&intent(&wanted, self.days, &self.out))?;
            return Ok(Exit::Done);
        }
        let session = Session::open(global).await?;
        // Before the call: a token that has no place to go to would be live and lost.
        let file = PrivateFile::begin(&self.out)?;
        // Under a key a reply that was lost can be asked for again without a second token.
        let key = self.idempotency_key.unwrap_or_else(IdempotencyKey::random);
        let issued = session.client.with_idempotency_key(key).issue_token(&wanted).await?;
        if let Err(error) = file.create(format!("{}\n", issued.token.expose()).as_bytes()) {
            return Err(error.context(take_back(&session, &issued.jti).await));
        }
        let next = session.next(&format!("segments list --token-file {}", quoted_path(&self.out)));
        session.close().await;
        printer.report(&IssueReport::new(issued, &self.out, next))?;
        Ok(Exit::Done)
    }
}

fn intent(wanted: &IssueTokenRequest, days: u64, out: &Path) -> Intent {
    let IssueTokenRequest { subject, scopes, .. } = wanted;
    let scopes = if scopes.is_empty() { "all but portal:admin".to_owned() } else { scopes.join(", ") };
    let out = out.display();
    Intent::to(format!("issue a token for {subject} into {out}, valid for {days} days, scopes: {scopes}"))
        .if_only(format!("{out} is not there yet"), true)
        .if_only("the token in use may issue others", false)
}

/// Revokes a token that nobody will ever have, and says so.
async fn take_back(session: &Session, jti: &str) -> String {
    match session.client.revoke_token(jti).await {
        Ok(_) => format!("the token could not be kept and was revoked again (id {jti})"),
        Err(error) => format!(
            "the token could not be kept and is live: revoke it with `{}` ({error})",
            session.next(&format!("tokens revoke {}", quoted(jti)))
        ),
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct IssueReport {
    jti: String,
    subject: String,
    scopes: Vec<String>,
    expires_at: String,
    token_file: PathBuf,
    next: String,
}

impl IssueReport {
    fn new(issued: IssuedToken, token_file: &Path, next: String) -> Self {
        let IssuedToken { jti, subject, scopes, expires_at, .. } = issued;
        Self { jti, subject, scopes, expires_at, token_file: token_file.to_owned(), next }
    }
}

impl Report for IssueReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { jti, subject, scopes, expires_at, token_file, .. } = self;
        writeln!(out, "Issued a token for {subject}, now in {}", token_file.display())?;
        writeln!(out, "  id       {jti}")?;
        writeln!(out, "  scopes   {}", scopes.join(", "))?;
        writeln!(out, "  expires  {expires_at}")
    }

    fn next(&self) -> Option<String> {
        Some(self.next.clone())
    }
}
