//! Some of the users whom a feed of attributes would change, with what differs.

use std::fmt::Write as _;

use anyhow::Result;
use fanpass_model::{UserId, UserProperties};
use fanpass_sync::{Ledger, MappedRow, Verdict};

use super::attributes::Job;
use super::plan::{Kind, Sample};
use super::survey::Survey;

/// Users who are kept as samples.
const SAMPLES: usize = 5;

/// The first users of whom something is to be sent, with what differs.
pub fn sample_users(job: &Job, survey: &Survey, ledger: &Ledger) -> Result<Vec<Sample>> {
    let mut samples: Vec<(UserId, Sample)> = Vec::new();
    if survey.changes.send == 0 {
        return Ok(Vec::new());
    }
    let mut updates = job.updates()?;
    let mut verdicts = survey.changes.verdicts()?;
    while let Some(row) = updates.next_row()? {
        let mut update = match row {
            MappedRow::Update(update) => update,
            MappedRow::Reject(_, Some(_)) => {
                verdicts.next_verdict(&mut UserProperties::new())?;
                continue;
            }
            _ => continue,
        };
        if verdicts.next_verdict(&mut update.properties)? != Verdict::Send {
            continue;
        }
        let user = update.user.clone();
        let at = match samples.iter().position(|(sampled, _)| *sampled == user) {
            Some(at) => at,
            None if samples.len() == SAMPLES => break,
            None => {
                let kind = if ledger.knows(&user)? { Kind::Changed } else { Kind::Added };
                samples.push((user.clone(), Sample { kind, text: user.into() }));
                samples.len() - 1
            }
        };
        for (key, value) in ledger.changed_part(&[(update.user, update.properties)])?.iter().flatten() {
            let value = serde_json::to_string(value).unwrap_or_default();
            write!(samples[at].1.text, " {key}={value}")?;
        }
    }
    Ok(samples.into_iter().map(|(_, sample)| sample).collect())
}
