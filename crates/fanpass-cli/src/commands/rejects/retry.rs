//! `fanpass rejects retry`: a mended reject file is pushed as its run would have pushed it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;

use fanpass_sync::{AttributeFeed, Feeds, RejectsOf};
use fanpass_table::Options;

use crate::cli::Global;
use crate::commands::apply::Apply;
use crate::commands::sending::{LedgerOptions, Sending};
use crate::commands::users::report::conclude;
use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::attributes::Job;
use crate::feed::config::Config;
use crate::feed::lint::{Authority, lint};
use crate::feed::push::AttributePush;
use crate::feed::recipe;
use crate::input::rejects_of;
use crate::printer::Printer;
use crate::session::{Session, quoted_path};
use crate::source::SourceFile;

/// Push a reject file that was mended, as the run that made it would have
///
/// Target, mapping and ledger are those of that run; they stand in the file beside it, whose name ends in `.toml`. Rows
/// that are still wrong go to a new reject file. A segment's rows are added to it. An id that was not at fault has to stay
/// what it was, as `fanpass_check` holds it: a spreadsheet program that saves the file may have made 42 of 00042. A file
/// whose feed has run again since is refused: its values may be older than those that were sent meanwhile.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass rejects retry rejects.csv")]
pub struct Retry {
    /// The reject file
    file: PathBuf,
    /// Push it though its feed has run again since and sent something
    #[arg(long)]
    outdated: bool,
    /// Read and check the file, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    ledger: LedgerOptions,
}

impl Retry {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let mut feeds = recipe::read(&self.file)?;
        // The file may have been renamed together with its recipe.
        for path in feeds.segments.iter_mut().map(|feed| &mut feed.file) {
            path.clone_from(&self.file);
        }
        if !self.outdated {
            self.refuse_outdated(&feeds, printer)?;
        }
        match feeds.attributes.pop() {
            Some(feed) if feeds.segments.is_empty() => self.attributes(feeds, feed, global, printer).await,
            _ => {
                let path = recipe::path_of(&self.file);
                let config = Config::of(path, feeds);
                let apply = Apply::of_rejects(self.file, self.dry_run, self.ledger);
                apply.carry_out(config, None, global, printer).await
            }
        }
    }

    async fn attributes(
        &self,
        feeds: Feeds,
        feed: AttributeFeed,
        global: &Global,
        printer: Printer,
    ) -> Result<Exit> {
        let (target, ledger) = (feeds.target.clone(), feeds.ledger.clone());
        let attributes_file = feeds.attributes_file.clone();
        let config = Config::of(recipe::path_of(&self.file), feeds);
        let global = config.global(global);
        let mut session = if self.dry_run { None } else { Some(Session::open(&global).await?) };
        let asked = if self.dry_run { Session::to_read(&global)? } else { None };
        let file = attributes_file.as_deref();
        let authority = Authority { file, session: session.as_ref().or(asked.as_ref()) };
        let registry = authority.registry().await?.map(Arc::new);
        let mapping = feed.mapping();
        let lint = lint(&mapping, (authority, registry.as_deref()), printer)?;
        let source = Arc::new(SourceFile::new(&self.file, Options::default())?);
        let push = AttributePush {
            job: Job {
                source,
                mapping,
                registry,
                lint,
                rejects: rejects_of(&self.file),
                mode: feed.mode,
                owner: feed.owner().map(str::to_owned),
            },
            label: feed.name.clone(),
            ledger: ledger.clone(),
            ledger_options: self.ledger,
            identity: Session::identity_named(&global)?,
            options: Sending::default().options(&config.feeds),
        };
        let pushed = push.run(session.as_mut(), printer).await;
        if let Some(session) = session {
            session.close().await;
        }
        let pushed = pushed?;
        recipe::write(&pushed.closed.rejects_files, |file| Feeds {
            target: target.clone(),
            ledger: ledger.clone(),
            attributes_file: attributes_file.clone(),
            rate: config.feeds.rate,
            ids_rate: config.feeds.ids_rate,
            attributes: vec![AttributeFeed { file, ..feed.clone() }],
            ..Feeds::default()
        })?;
        conclude(self.file.display().to_string(), self.dry_run, pushed, printer)
    }

    /// Refuses rejects of a run after which another one of the same feed has sent something, as far as the ledger knows.
    fn refuse_outdated(&self, feeds: &Feeds, printer: Printer) -> Result<()> {
        let (Some(RejectsOf { feed, run, .. }), Some(ledger)) = (feeds.rejects_of(), &feeds.ledger) else {
            return Ok(());
        };
        let Some(later) = self.ledger.open(ledger, printer)?.changed_since(feed, *run)? else {
            return Ok(());
        };
        let rejects = later.ended.and_then(|(_, end)| end.rejects);
        let better = rejects.map_or_else(String::new, |rejects| {
            let rejects = quoted_path(&rejects);
            format!("mend what that run rejected: fanpass rejects retry {rejects}; or, ")
        });
        let message = format!(
            "run {} of {feed} has sent newer rows since these were rejected, which they may override; nothing was sent: {better}if they are right all the same, --outdated",
            later.id
        );
        Err(failure(Exit::Refused, message))
    }
}
