//! `fanpass users push`: each row of a file updates one user, many at a time, every row accounted for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::runtime::blocking;
use anyhow::Result;
use clap::Args;
use fanpass_sync::{AttributeMode, Feeds};

use super::report::conclude;
use crate::cli::Global;
use crate::commands::mapping::MappingOptions;
use crate::commands::sending::{LedgerOptions, Sending};
use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::attributes::Job;
use crate::feed::lint::{Authority, lint};
use crate::feed::push::{AttributePush, Pushed};
use crate::feed::recipe;
use crate::input::{Input, REJECTS_OPTION, reject_file, try_rejects};
use crate::printer::Printer;
use crate::session::Session;

/// Read a file here and update a user for each row
///
/// A row that cannot be used as it stands is named by its line or cell, left out, and written to a reject file with its
/// original cells: mend it there and push that file with the same options. Rows of one user are sent in the order of the
/// file. Ctrl-C finishes what is in flight; a second one stops at once.
///
/// With --ledger a row that the service has acknowledged before costs no request, and of others only what differs is sent.
/// The ledger knows what went through it: attributes that are written elsewhere, or a service that was reset, want a new
/// one. It holds fingerprints, no ids and no values.
#[derive(Debug, Args)]
#[command(mut_arg("wait_for_ledger", |wait| wait.requires("ledger")))]
#[command(mut_arg("adopt_ledger", |adopt| adopt.requires("ledger")))]
#[command(after_help = "Examples:\n  \
    fanpass users push --file fans.csv --id fan_id --map is_sth=user_properties.sth:boolean --map tier=custom.loyalty_tier\n  \
    fanpass users push --file fans.xlsx --map 'plans=user_properties.ticketing_plans:list(|),blank=unset' --set custom.source=crm\n\n\
Types: string, boolean, integer, decimal (or number), date, date(%d.%m.%Y), list(SEPARATOR)\n\
Options of a column: trim, blank=skip|unset, null=skip|unset, default=VALUE\n\
Every rule of them: docs/tables.md, Columns that become attributes")]
pub struct Push {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    columns: MappingOptions,
    #[command(flatten)]
    sending: Sending,
    /// File for rows that did not arrive, made with its folder when there are any; never overwritten
    #[arg(long, value_name = "FILE", default_value = "rejects.csv", value_parser = reject_file)]
    rejects: PathBuf,
    /// Ledger of what was acknowledged: send only what differs from it. Made with its folder when it is not there
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    #[command(flatten)]
    ledger_options: LedgerOptions,
    /// Read and check the file, and send nothing
    #[arg(long)]
    dry_run: bool,
}

impl Push {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let mapping = self.columns.mapping(self.input.reading.id.as_deref());
        mapping.check()?;
        let mut session = if self.dry_run { None } else { Some(Session::open(global).await?) };
        let known = self.columns.attributes();
        let asked = if self.dry_run { Session::to_read(global)? } else { None };
        let authority = Authority { file: known, session: session.as_ref().or(asked.as_ref()) };
        let registry = authority.registry().await?.map(Arc::new);
        let lint = lint(&mapping, (authority, registry.as_deref()), printer)?;
        let source = Arc::new(blocking(|| self.input.source())?);
        source.open()?;
        try_rejects(&self.rejects, REJECTS_OPTION)?;
        let rejects = self.rejects.clone();
        let job = Job { source, mapping, registry, lint, rejects, mode: AttributeMode::Set, owner: None };
        let mapping = job.mapping.clone();
        let options = self.sending.options(&Feeds::default());
        let push = AttributePush {
            label: format!("users push {}", job.source.name),
            retries: None,
            job,
            ledger: self.ledger.clone(),
            ledger_options: self.ledger_options,
            identity: Session::identity_named(global)?,
            options: options.clone(),
        };
        let label = push.label.clone();
        let pushed = push.run(session.as_mut(), printer).await;
        if let Some(session) = session {
            session.close().await;
        }
        let mut pushed = pushed?;
        let Pushed { closed, rejects_of, .. } = &mut pushed;
        let written = recipe::write(&closed.rejects_files, |file| Feeds {
            target: recipe::target(global),
            ledger: self.ledger.clone(),
            attributes_file: known.map(Path::to_owned),
            rate: options.requests_per_second,
            ids_rate: options.ids_per_second,
            attributes: vec![recipe::attributes(&label, file, &mapping, rejects_of.clone())],
            ..Feeds::default()
        });
        closed.heed(written);
        let in_vain = closed.holds_nothing();
        let file = self.input.file.path().display().to_string();
        let exit = conclude(file.clone(), self.dry_run, pushed, printer)?;
        if !in_vain || !matches!(exit, Exit::Done | Exit::Rejects) {
            return Ok(exit);
        }
        let outcome = if self.dry_run { "a push would send nothing" } else { "nothing was changed" };
        Err(failure(Exit::Refused, format!("no row of {file} can be used; {outcome}")))
    }
}
