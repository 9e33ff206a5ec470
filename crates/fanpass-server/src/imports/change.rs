//! What an import's sorted ids make of its segment: a list of their own, the old list merged with them, or a delta.

use std::vec;

use fanpass_sorted::Sorter;

use crate::store::{Change, Content, Lists, Mode, Store, StoreError, lacking};

use super::failure::Failure;
use super::import::Import;
use super::list::ListWriter;

/// Members of the old list that are read together.
const MEMBERS_A_PAGE: usize = 20_000;

/// A version, ready to be published.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) content: Content,
    pub(super) members: u64,
    /// Ids of the import, each counted once.
    pub(super) distinct: u64,
    /// Members that were added or removed, where the mode does that.
    pub(super) changed: Option<u64>,
}

/// Makes a version of the `accepted` ids in `sorter`, and of the version that is served where the mode builds on it.
pub(super) fn make(import: &mut Import<'_>, sorter: Sorter, accepted: u64) -> Result<Made, Failure> {
    if !import.mode().builds_on() {
        return replace(import, sorter, accepted);
    }
    let served = import.store().served_lists(import.segment())?;
    if import.mode() == Mode::Remove && served.is_none() {
        let message = format!("there is no segment `{}` to remove users from", import.segment());
        return Err(Failure::Refused(message));
    }
    if usize::try_from(accepted).is_ok_and(|accepted| accepted <= import.delta_max()) {
        few(import, sorter, served)
    } else {
        let mut merge = Merge::begin(import, accepted, served);
        let distinct = sorter.finish(|id| merge.take(id))?;
        merge.finish(distinct)
    }
}

fn replace(import: &mut Import<'_>, sorter: Sorter, accepted: u64) -> Result<Made, Failure> {
    let mut list = ListWriter::new(import.store(), import.sequence());
    let mut written = 0;
    let members = sorter.finish(|id| -> Result<(), Failure> {
        written += 1;
        import.wrote(written, accepted)?;
        Ok(list.push(id)?)
    })?;
    Ok(Made { content: list.finish()?, members, distinct: members, changed: None })
}

/// Few enough ids for a delta, unless the list is short or differs by many already.
fn few(import: &mut Import<'_>, sorter: Sorter, served: Option<Served>) -> Result<Made, Failure> {
    let mut ids: Vec<String> = Vec::new();
    let distinct = sorter.finish(|id| -> Result<(), Failure> {
        ids.push(String::from_utf8_lossy(id).into_owned());
        Ok(())
    })?;
    if let Some(delta) = import.store().delta(import.segment(), import.mode(), &ids, import.delta_max())? {
        let Change { content, members, changed } = delta;
        return Ok(Made { content, members, distinct, changed: Some(changed) });
    }
    let mut merge = Merge::begin(import, distinct, served);
    ids.iter().try_for_each(|id| merge.take(id.as_bytes()))?;
    merge.finish(distinct)
}

/// The served list and an import's ids on their way into a new list.
struct Merge<'i, 'a> {
    import: &'i mut Import<'a>,
    old: Members<'a>,
    list: ListWriter<'a>,
    written: u64,
    changed: u64,
    /// Ids of the new list at most.
    most: u64,
    /// What was served when it began.
    served: Option<Served>,
}

/// Where members are, and how many.
type Served = (Lists, u64);

impl<'i, 'a> Merge<'i, 'a> {
    fn begin(import: &'i mut Import<'a>, distinct: u64, served: Option<Served>) -> Self {
        let (store, segment, sequence) = (import.store(), import.segment(), import.sequence());
        let old = Members { store, segment, page: Vec::new().into_iter(), last: None, ended: false, read: 0 };
        let most = distinct + served.as_ref().map_or(0, |(_, members)| *members);
        Self { import, old, list: ListWriter::new(store, sequence), written: 0, changed: 0, most, served }
    }

    /// Takes the next id of the import.
    fn take(&mut self, id: &[u8]) -> Result<(), Failure> {
        let mut member = false;
        while !member && let Some(old) = self.old.next_up_to(id)? {
            member = old.as_bytes() == id;
            if !member {
                self.write(old.as_bytes())?;
            }
        }
        let remove = self.import.mode() == Mode::Remove;
        self.changed += u64::from(member == remove);
        if remove { Ok(()) } else { self.write(id) }
    }

    fn finish(mut self, distinct: u64) -> Result<Made, Failure> {
        while let Some(old) = self.old.next()? {
            self.write(old.as_bytes())?;
        }
        self.check_read()?;
        let (content, members, changed) = (self.list.finish()?, self.written, Some(self.changed));
        Ok(Made { content, members, distinct, changed })
    }

    /// Refuses to make a list of one that lacks members, by damage: who is left would be all there are.
    fn check_read(&self) -> Result<(), StoreError> {
        let Some((_, members)) = &self.served else { return Ok(()) };
        // One that was replaced meanwhile supersedes the import.
        if self.old.read == *members || self.old.store.served_lists(self.old.segment)? != self.served {
            return Ok(());
        }
        Err(lacking(self.old.segment, (self.old.read, *members), "members"))
    }

    fn write(&mut self, id: &[u8]) -> Result<(), Failure> {
        self.written += 1;
        self.import.wrote(self.written, self.most)?;
        Ok(self.list.push(id)?)
    }
}

/// The members of the served version, a page at a time, so that no reader keeps the log from being cut meanwhile.
///
/// What replaces that version between two pages was received later and supersedes the import; a mixture of both is never
/// published.
struct Members<'a> {
    store: &'a Store,
    segment: &'a str,
    page: vec::IntoIter<String>,
    last: Option<String>,
    ended: bool,
    /// How many came so far.
    read: u64,
}

impl Members<'_> {
    fn next(&mut self) -> Result<Option<String>, StoreError> {
        self.fill()?;
        Ok(self.page.next())
    }

    /// The next member that is not greater than `id`.
    fn next_up_to(&mut self, id: &[u8]) -> Result<Option<String>, StoreError> {
        self.fill()?;
        let next = self.page.as_slice().first();
        Ok(if next.is_some_and(|next| next.as_bytes() <= id) { self.page.next() } else { None })
    }

    fn fill(&mut self) -> Result<(), StoreError> {
        if self.page.len() > 0 || self.ended {
            return Ok(());
        }
        let after = self.last.take().unwrap_or_default();
        let page = self.store.members_behind(self.segment, &after, MEMBERS_A_PAGE)?;
        self.ended = page.len() < MEMBERS_A_PAGE;
        self.last = page.last().cloned();
        self.read += u64::try_from(page.len()).unwrap_or(u64::MAX);
        self.page = page.into_iter();
        Ok(())
    }
}
