//! `fanpass users export`: all that is stored of one user, as one JSON document.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fanpass_client::{AuditFilter, Client, Page};
use fanpass_model::{UserExport, UserId};

use crate::cli::Global;
use crate::exit::Exit;
use crate::lines::write_out;
use crate::private_file::PrivateFile;
use crate::session::Session;

/// Write all that is stored of one user as one JSON document
///
/// Attributes with their times, segments, the history of changes and the records of calls: what a fan may ask for.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass users export 00042 --out fan-00042.json")]
pub struct Export {
    /// The user's id
    user: UserId,
    /// File that you alone can read, which must not exist yet; standard output otherwise
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Export {
    pub async fn run(self, global: &Global) -> Result<Exit> {
        let session = Session::open(global).await?;
        let mut export = session.client.export_user(&self.user).await?;
        complete(&session.client, &self.user, &mut export).await?;
        session.close().await;
        let mut document = serde_json::to_vec_pretty(&export)?;
        document.push(b'\n');
        match &self.out {
            Some(path) => PrivateFile::begin(path)?.create(&document)?,
            None => write_out(&document)?,
        }
        Ok(Exit::Done)
    }
}

/// Adds what the service tells in pages behind its document.
async fn complete(client: &Client, user: &UserId, export: &mut UserExport) -> Result<()> {
    while let Some(after) = export.history_next.take() {
        let page = Page { after: Some(after), limit: Some(1000) };
        let rest = client.user_history(user, &page).await?;
        export.history_next = rest.next.filter(|next| page.after.as_ref() != Some(next));
        for change in &rest.changes {
            for attribute in export.attributes.iter_mut().filter(|known| known.changed_at.is_none()) {
                if change.attributes.iter().any(|changed| changed.key == attribute.key) {
                    attribute.changed_at = Some(change.at.clone());
                }
            }
        }
        export.history.extend(rest.changes);
    }
    let target = export.audit.first().and_then(|record| record.target.clone());
    let filter = AuditFilter { target, ..AuditFilter::default() };
    while let Some(after) = export.audit_next.take() {
        let page = Page { after: Some(after), limit: Some(1000) };
        let rest = client.list_audit(&filter, &page).await?;
        export.audit_next = rest.next.filter(|next| page.after.as_ref() != Some(next));
        export.audit.extend(rest.records);
    }
    export.complete = true;
    Ok(())
}
