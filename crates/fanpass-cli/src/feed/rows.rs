//! The rows of a file as updates to send; what need not or cannot be sent goes to the account on the way.

use std::sync::Arc;

use anyhow::Result;
use fanpass_client::UserUpdate;
use fanpass_model::UserProperties;
use fanpass_sync::{Changes, MappedRow, Updates, Verdict, Verdicts};
use tokio::sync::mpsc::Sender;
use tokio::task::{JoinHandle, spawn_blocking};

use super::account::{Origin, Shared, Tag};
use super::attributes::Job;
use super::gone::Gone;
use super::handover::{Arriving, Row, channel, hand_over};
use super::remarks::Lint;
use crate::commands::segments::outcome::trimming;
use crate::source::SourceFile;

/// Rows between two looks at whether they are still to be counted.
const COUNT_STEP: u64 = 4096;

/// What to know of a rejected row before it is mended and sent.
const OVERTAKEN: &str = "; the user has a later row, whose values this one would override once it is mended";

/// What is read.
#[derive(Debug)]
pub struct Reading {
    pub job: Job,
    /// What a survey found; without one everything is sent.
    pub changes: Option<Changes>,
    /// Users who are not in the file any more.
    pub gone: Option<Gone>,
    /// Whether rows are counted before they are read, to show how many are left.
    pub count: bool,
}

/// The updates of a file, in its order.
#[derive(Debug)]
struct Source<'a> {
    updates: Updates,
    columns: Arc<[String]>,
    verdicts: Option<Verdicts<'a>>,
    /// Looks at values that no survey has looked at.
    lint: Option<Lint>,
    shared: Shared,
}

impl Source<'_> {
    /// The next row that is to be sent.
    fn advance(&mut self) -> Result<Option<Row>> {
        loop {
            let read = self.updates.next_row()?;
            let mut state = self.shared.lock();
            let account = &mut state.account;
            account.figures.read += u64::from(read.is_some());
            match read {
                None => {
                    account.notices = notices(&self.updates);
                    return Ok(None);
                }
                Some(MappedRow::Empty(..)) => account.figures.empty += 1,
                Some(MappedRow::Reject(mut reject, user)) => {
                    if let (Some(verdicts), Some(_)) = (&mut self.verdicts, &user)
                        && verdicts.next_verdict(&mut UserProperties::new())? == Verdict::Overtaken
                    {
                        reject.message.push_str(OVERTAKEN);
                    }
                    let columns = self.updates.table().columns();
                    account.reject(columns, reject, user.as_ref())?;
                }
                Some(MappedRow::Update(mut update)) => {
                    if let Some(lint) = &mut self.lint {
                        lint.look_at(&update.properties);
                    }
                    let verdict = match &mut self.verdicts {
                        Some(verdicts) => verdicts.next_verdict(&mut update.properties)?,
                        None => Verdict::Send,
                    };
                    match verdict {
                        Verdict::Unchanged => account.figures.unchanged += 1,
                        Verdict::Duplicate | Verdict::Overtaken => account.figures.duplicate += 1,
                        Verdict::Send => {
                            if update.row.columns() != &*self.columns {
                                self.columns = update.row.columns().into();
                            }
                            let (row, user) = (update.row.keep(), update.user.clone());
                            let origin = Origin::Row { columns: Arc::clone(&self.columns), row, user };
                            let tag = Tag { origin, receipt: None };
                            return Ok(Some(UserUpdate::new(tag, update.user, update.properties)));
                        }
                    }
                }
            }
        }
    }
}

impl Iterator for Source<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().unwrap_or_else(|error| {
            self.shared.lock().fail(error);
            None
        })
    }
}

/// Reads the file on a thread of its own: a table stays on the thread that opened it, and files block.
pub fn read(reading: Reading, shared: Shared) -> (Arriving, JoinHandle<()>) {
    let (rows, arriving) = channel();
    let reading = spawn_blocking(move || {
        if let Err(error) = read_all(reading, &shared, &rows) {
            shared.lock().fail(error);
        }
    });
    (arriving, reading)
}

fn read_all(reading: Reading, shared: &Shared, rows: &Sender<Vec<Row>>) -> Result<()> {
    let Reading { job, changes, gone, count } = reading;
    if count {
        let rows = count_rows(&job.source, || !rows.is_closed());
        shared.lock().rows = rows;
    }
    let updates = job.updates()?;
    let columns = updates.table().columns().into();
    let verdicts = changes.as_ref().map(Changes::verdicts).transpose()?;
    let lint = changes.is_none().then(|| job.lint.clone());
    let mut source = Source { updates, columns, verdicts, lint, shared: shared.clone() };
    hand_over(&mut source, shared, rows)?;
    shared.lock().account.findings = source.lint.map(|lint| lint.of_values()).unwrap_or_default();
    if shared.lock().failure.is_none() {
        job.source.check_unchanged()?;
    }
    // Who is gone is certain only if the file was read to its end.
    let (Some(gone), false) = (gone, shared.lock().failure.is_some() || rows.is_closed()) else {
        return Ok(());
    };
    let tag = || Tag { origin: Origin::Gone, receipt: None };
    let updates = gone.updates()?.map_while(|update| match update {
        Ok((user, lost)) => Some(UserUpdate::new(tag(), user, lost)),
        Err(error) => {
            shared.lock().fail(error);
            None
        }
    });
    hand_over(updates, shared, rows)
}

/// What is to be known of how a file was read.
pub fn notices(updates: &Updates) -> Vec<String> {
    updates.table().notices().into_iter().chain(trimming(updates.counts().trimmed)).collect()
}

/// How many rows a file has, as long as that is wanted; `None` if it cannot be read, which is told once it is read to be sent.
fn count_rows(source: &SourceFile, wanted: impl Fn() -> bool) -> Option<u64> {
    let mut table = source.table().ok()?;
    let mut rows = 0_u64;
    while table.next_row().ok()?.is_some() {
        rows += 1;
        if rows.is_multiple_of(COUNT_STEP) && !wanted() {
            return None;
        }
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use fanpass_table::Options;

    use super::*;

    #[test]
    fn rows_are_counted_as_they_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fans.csv");
        let rows = "1,gold\n\n,silver\n2,gold,more\n".repeat(2000);
        fs::write(&path, format!("fan_id,tier\n{rows}")).unwrap();
        let source = SourceFile::new(&path, Options::default()).unwrap();
        assert_eq!(count_rows(&source, || true), Some(6000), "rejected rows too, and no blank ones");
        assert_eq!(count_rows(&source, || false), None, "nobody waits for it any more");
        fs::remove_file(&path).unwrap();
        assert_eq!(count_rows(&source, || true), None);
    }
}
