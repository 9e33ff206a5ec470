//! Refused calls that come in floods: the first few of a second leave a record each, the others are counted in the next.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::AuditEntry;

const SECOND: i64 = 1_000_000;
/// Records a second of calls without a valid token, all together.
const UNKNOWN_PER_SECOND: u32 = 10;
/// Records a second of one token's calls past its rate.
const LIMITED_PER_SECOND: u32 = 1;

/// What is counted together: the token, if there is a valid one, and the status.
type Name = (Option<String>, u16);

/// Counts of this second.
#[derive(Debug, Default)]
pub(crate) struct Floods(Mutex<HashMap<Name, Flood>>);

#[derive(Debug)]
struct Flood {
    since: i64,
    recorded: u32,
    /// Calls without a record, and the last of them.
    unrecorded: Option<(u64, AuditEntry)>,
}

impl Floods {
    fn lock(&self) -> MutexGuard<'_, HashMap<Name, Flood>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call is to leave a record of its own; else it is counted.
    pub(crate) fn admit(&self, entry: &AuditEntry, now: i64) -> bool {
        let most = match entry.status {
            401 => UNKNOWN_PER_SECOND,
            429 => LIMITED_PER_SECOND,
            _ => return true,
        };
        let mut floods = self.lock();
        let flood = floods.entry(name(entry)).or_insert_with(|| Flood::new(now));
        // What a past second left is for the next `drain`.
        if now.saturating_sub(flood.since) >= SECOND && flood.unrecorded.is_none() {
            *flood = Flood::new(now);
        }
        if flood.recorded < most {
            flood.recorded += 1;
            return true;
        }
        flood.count(entry);
        false
    }

    /// Counts a call whose record found no place, since too many writes wait.
    pub(crate) fn missed(&self, entry: &AuditEntry, now: i64) {
        self.lock().entry(name(entry)).or_insert_with(|| Flood::new(now)).count(entry);
    }

    /// Records that stand for what was only counted up to a second before `now`.
    pub(crate) fn drain(&self, now: i64) -> Vec<AuditEntry> {
        let mut drained = Vec::new();
        self.lock().retain(|_, flood| {
            let over = now.saturating_sub(flood.since) >= SECOND;
            if over && let Some((count, mut entry)) = flood.unrecorded.take() {
                entry.outcome = Some(serde_json::json!({ "calls": count }));
                drained.push(entry);
            }
            !over
        });
        drained
    }
}

impl Flood {
    const fn new(since: i64) -> Self {
        Self { since, recorded: 0, unrecorded: None }
    }

    fn count(&mut self, entry: &AuditEntry) {
        match &mut self.unrecorded {
            Some((count, _)) => *count += 1,
            none => *none = Some((1, entry.clone())),
        }
    }
}

fn name(entry: &AuditEntry) -> Name {
    (entry.jti.clone(), entry.status)
}
