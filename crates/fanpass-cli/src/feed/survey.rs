//! What a source of attributes would change: its rows compared with the ledger, and who is gone.

use std::path::Path;

use anyhow::Result;
use fanpass_model::UserId;
use fanpass_sync::{
    AttributeMode, Changes, Claim, Comparison, Contradictions, Counts, Figures, Keep, Ledger, MappedRow,
    Roster, SegmentMode,
};

use super::account::{Account, REJECTS_SHOWN};
use super::attributes::Job;
use super::config::owned_list;
use super::gone::Gone;
use super::lint::tell;
use super::remarks::Remark;
use super::rows::notices;
use crate::input::RejectedRow;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::signals;

/// Rows between two looks at the progress bar.
const PROGRESS_STEP: u64 = 256;

/// What feeds say of attributes that several of them write, and which of them is being compared.
#[derive(Debug)]
pub struct Said<'a> {
    pub contradictions: &'a mut Contradictions,
    pub feed: usize,
}

/// What a job would change.
#[derive(Debug)]
pub struct Survey {
    pub changes: Changes,
    pub counts: Counts,
    /// Who is in the file no more, where that counts.
    pub owned: Option<Owned>,
    /// The first rows that are rejected.
    pub rejects: Vec<RejectedRow>,
    /// What is to be known before anything is sent.
    pub findings: Vec<Remark>,
    /// What is to be known of how the file was read.
    pub notices: Vec<String>,
}

impl Survey {
    /// How many users lose something because they are in the file no more.
    pub fn gone(&self) -> u64 {
        self.owned.as_ref().map_or(0, |owned| owned.gone.users)
    }

    /// The account, if there is nothing to send and nothing to reject, so that the rows need not be read again.
    pub fn account_without_work(&self, rejects: &Path) -> Option<Account> {
        let gone = self.gone();
        let Counts { rows, empty, rejects: rejected, .. } = self.counts;
        if self.changes.send + gone + rejected > 0 {
            return None;
        }
        let Changes { unchanged, duplicate, .. } = self.changes;
        let figures = Figures { read: rows, unchanged, duplicate, empty, ..Figures::default() };
        let notices = self.notices.clone();
        Some(Account { figures, notices, ..Account::new(rejects.to_owned(), None) })
    }
}

/// The users of a feed, before and now.
#[derive(Debug)]
pub struct Owned {
    pub users: Comparison,
    /// Those who are gone and lose something by it.
    pub gone: Gone,
    /// Rows whose user cannot be read. While there are any, anybody may be in the file, and nobody is gone.
    pub unknown: u64,
}

impl Job {
    /// Compares the whole source with the ledger; `keep` says whether the owner's new lists of users are written.
    pub fn survey(
        &self,
        ledger: &mut Ledger,
        mut said: Option<Said<'_>>,
        keep: bool,
        printer: Printer,
    ) -> Result<Survey> {
        let progress = Progress::new(printer, "comparing with the ledger");
        let folder = std::env::temp_dir();
        let mut updates = self.updates()?;
        let mut roster = self.owner.as_ref().map(|_| Roster::new(&folder));
        let (mut survey, mut lint) = (ledger.survey(&folder)?, self.lint.clone());
        let (mut unknown, mut rejects) = (0, Vec::new());
        while let Some(row) = updates.next_row()? {
            let (user, writes) = match row {
                MappedRow::Update(update) => {
                    survey.add(&update.user, &update.properties)?;
                    lint.look_at(&update.properties);
                    if let Some(Said { contradictions, feed }) = &mut said {
                        contradictions.add(*feed, &update.user, &update.properties)?;
                    }
                    (Some(update.user), true)
                }
                MappedRow::Empty(user, _) => (Some(user), false),
                MappedRow::Reject(reject, user) => {
                    if rejects.len() < REJECTS_SHOWN {
                        rejects.push((*reject).into());
                    }
                    if let Some(user) = &user {
                        survey.add_rejected(user)?;
                    }
                    (user, false)
                }
            };
            unknown += u64::from(user.is_none());
            if let (Some(roster), Some(user)) = (&mut roster, user) {
                // The feed owns whom it writes; who only stands there is not gone.
                if writes { roster.add(&user)? } else { roster.add_seen(&user)? }
            }
            let rows = updates.counts().rows;
            if rows.is_multiple_of(PROGRESS_STEP) {
                progress.set(rows);
                signals::check()?;
            }
        }
        signals::check()?;
        let changes = survey.finish()?;
        let owned = match (roster, &self.owner) {
            (Some(roster), Some(owner)) => {
                Some(self.compare_users(roster, ledger, &owned_list(owner), unknown, keep)?)
            }
            _ => None,
        };
        tell(&lint.of_values(), printer);
        let (counts, notices) = (updates.counts(), notices(&updates));
        Ok(Survey { changes, counts, owned, rejects, findings: lint.all(), notices })
    }

    fn compare_users(
        &self,
        roster: Roster,
        ledger: &mut Ledger,
        list: &str,
        unknown: u64,
        keep: bool,
    ) -> Result<Owned> {
        let mut departures = ledger.departures(&std::env::temp_dir());
        let mirrors = self.mode == AttributeMode::MirrorOwned;
        let keep = Keep { members: keep && mirrors, either: keep };
        let mode = if mirrors && unknown == 0 { SegmentMode::Replace } else { SegmentMode::Add };
        let claim = Claim { mode, owned: None, held_back: false };
        let users = roster.compare(ledger, list, &[claim], keep, |id| {
            match UserId::new(String::from_utf8_lossy(id)) {
                Ok(user) => departures.add(&user),
                // A damaged list names nobody.
                Err(_) => Ok(()),
            }
        })?;
        let gone = Gone::of(departures, ledger, self.mapping.keys())?;
        Ok(Owned { users, gone, unknown })
    }
}
