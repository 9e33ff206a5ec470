//! `fanpass rejects retry`: a mended reject file is pushed as its run would have pushed it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;

use fanpass_sync::{AttributeFeed, Feeds};
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
use crate::feed::run::writes_of_all;
use crate::input::{rejects_of, try_rejects};
use crate::printer::Printer;
use crate::quoting::quoted_path;
use crate::session::Session;
use crate::source::SourceFile;

/// Push a reject file that was mended, as the run that made it would have
///
/// Target, mapping and ledger are those of that run; they stand in the file beside it, whose name ends in `.toml`. Rows
/// that are still wrong go to a new reject file. A segment's rows are added to it, those of a feed in `remove` taken out. An id that was not at fault has to stay
/// what it was, as `fanpass_check` holds it: a spreadsheet program that saves the file may have made 42 of 00042. A file is
/// refused once a later command has read other rows of the same attributes, or the same segment: its own may be older.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass rejects retry rejects.csv")]
pub struct Retry {
    /// The reject file
    file: PathBuf,
    /// Push it though newer rows of what it writes were read since, or its ledger was begun anew
    #[arg(long)]
    outdated: bool,
    /// The ledger of the run that made it, where that was moved or renamed
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Read and check the file, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    ledger_options: LedgerOptions,
}

impl Retry {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let mut feeds = recipe::read(&self.file)?;
        // The file may have been renamed together with its recipe.
        for path in feeds.segments.iter_mut().map(|feed| &mut feed.file) {
            path.clone_from(&self.file);
        }
        feeds.ledger = self.ledger.clone().or(feeds.ledger);
        self.refuse_empty()?;
        self.check_ledger(&feeds, printer)?;
        match feeds.attributes.pop() {
            Some(feed) if feeds.segments.is_empty() => self.attributes(feeds, feed, global, printer).await,
            _ => {
                let path = recipe::path_of(&self.file);
                let config = Config::of(path, feeds);
                let apply = Apply::of_rejects(self.file, self.dry_run, self.ledger_options);
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
        try_rejects(&rejects_of(&self.file), "copy the file, and the one beside it, into another folder")?;
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
            retries: feed.rejects_of.clone(),
            ledger: ledger.clone(),
            ledger_options: self.ledger_options,
            identity: Session::identity_named(&global)?,
            options: Sending::default().options(&config.feeds),
        };
        let pushed = push.run(session.as_mut(), printer).await;
        if let Some(session) = session {
            session.close().await;
        }
        let mut pushed = pushed?;
        let rejects_of = &pushed.rejects_of;
        let written = recipe::write(&pushed.closed.rejects_files, |file| Feeds {
            target: target.clone(),
            ledger: ledger.clone(),
            attributes_file: attributes_file.clone(),
            rate: config.feeds.rate,
            ids_rate: config.feeds.ids_rate,
            attributes: vec![AttributeFeed { file, rejects_of: rejects_of.clone(), ..feed.clone() }],
            ..Feeds::default()
        });
        pushed.closed.heed(written);
        conclude(self.file.display().to_string(), self.dry_run, pushed, printer)
    }

    /// Refuses a file without a row, as all that has nothing to send is refused.
    fn refuse_empty(&self) -> Result<()> {
        if SourceFile::new(&self.file, Options::default())?.table()?.next_row()?.is_some() {
            return Ok(());
        }
        let message = format!("no row of {} can be used; nothing was changed", self.file.display());
        Err(failure(Exit::Refused, message))
    }

    /// Refuses a ledger that is not the one beside which the rows were rejected, and rows that may be older than what was sent
    /// since, as far as it knows.
    fn check_ledger(&self, feeds: &Feeds, printer: Printer) -> Result<()> {
        let Some(path) = &feeds.ledger else { return Ok(()) };
        let refused = |message| Err(failure(Exit::Refused, message));
        if !path.exists() {
            return refused(format!(
                "{} is not there, the ledger beside which these rows were rejected, and a new one would not know what the service \
                 has; nothing was sent: name it where it is now, by --ledger FILE",
                path.display()
            ));
        }
        let Some(of) = feeds.rejects_of().filter(|_| !self.outdated) else { return Ok(()) };
        let ledger = self.ledger_options.open(path, printer)?;
        if !ledger.has_rejected(of)? {
            return refused(format!(
                "{} is not the ledger beside which these rows were rejected, or an older copy of it, so that nobody knows what was sent \
                 since; nothing was sent: name theirs by --ledger FILE, or, if they are right all the same, --outdated",
                path.display()
            ));
        }
        let Some(later) = ledger.newer_run(of, &writes_of_all(feeds))? else { return Ok(()) };
        let is_same = later.start.label == of.feed || feeds.labels().any(|label| label == later.start.label);
        let has_sent = later.ended.as_ref().is_none_or(|(_, end)| end.figures.has_sent());
        let newer = if has_sent { "sent newer rows" } else { "read newer rows, which the service had," };
        let rejects = later.ended.and_then(|(_, end)| end.rejects).filter(|_| is_same);
        let better = rejects.map_or_else(String::new, |rejects| {
            let rejects = quoted_path(&rejects);
            format!("mend what that run rejected: fanpass rejects retry {rejects}; or, ")
        });
        refused(format!(
            "run {} of {} has {newer} since these were rejected, which they may override; nothing was sent: {better}if they are right all the same, --outdated",
            later.id, later.start.label
        ))
    }
}
