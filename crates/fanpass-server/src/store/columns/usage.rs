//! How an attribute is used: how many users carry it, and which values are the commonest.

use std::collections::HashMap;

use fanpass_model::{AttributeKey, AttributeValue};

use super::overlay::Overlay;
use super::scan::{Key, View};
use super::value::ColumnValue;
use crate::store::error::StoreError;
use crate::store::{PageRoom, Store};

/// Bytes of values that are counted each by itself; past them only users are counted.
const BYTES_MAX: usize = 64 << 20;
/// What a value costs beside its bytes.
const ENTRY_BYTES: usize = 64;

/// How an attribute is used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttributeUse {
    /// Users that carry it.
    pub users: u64,
    /// How many values occur; absent where they are too many to count each by itself.
    pub distinct: Option<u64>,
    /// The commonest values, each with how many users carry it, the commonest first; none where they are too many.
    pub values: Vec<(AttributeValue, u64)>,
}

impl Store {
    /// How many users carry an attribute, and its `commonest` commonest values, fewer if those are past 4 MiB. Knows every
    /// update that was acknowledged before.
    ///
    /// # Errors
    /// [`Busy`](crate::store::StoreErrorKind::Busy) while the columns of many users are being built;
    /// [`Full`](crate::store::StoreErrorKind::Full), [`Io`](crate::store::StoreErrorKind::Io).
    pub async fn attribute_use(
        &self,
        key: &AttributeKey,
        commonest: u32,
    ) -> Result<AttributeUse, StoreError> {
        let key = key.clone();
        let count = move |view: &View<'_>| {
            let Some(key) = view.key(&key) else {
                return Ok(AttributeUse { distinct: Some(0), ..AttributeUse::default() });
            };
            let mut counts = Counts::default();
            for index in 0..view.blocks() {
                counts.add(view, index, key)?;
            }
            Ok(counts.finish(commonest))
        };
        self.read_columns("count the values of an attribute", count).await
    }
}

/// Users by the bytes of the value that they carry.
#[derive(Debug, Default)]
struct Counts {
    users: u64,
    values: HashMap<Box<[u8]>, u64>,
    bytes: usize,
    too_many: bool,
    codes: Vec<u16>,
    of_codes: Vec<u64>,
}

impl Counts {
    fn add(&mut self, view: &View<'_>, index: usize, key: Key) -> rusqlite::Result<()> {
        let Some(block) = view.block(index) else { return Ok(()) };
        let (mut overlay, mut changed) = (block.overlay()?, Vec::new());
        let mut overlay = Overlay::read(&mut overlay)?;
        while let Some(user) = overlay.step()? {
            if let Some(value) = user.bytes(key) {
                self.count(value, 1);
            }
            changed.push(user.id);
        }
        let Some(column) = block.column(key)? else { return Ok(()) };
        column.codes(&mut self.codes);
        self.of_codes.clear();
        self.of_codes.resize(column.len() + 1, 0);
        for code in &self.codes {
            if let Some(count) = self.of_codes.get_mut(usize::from(*code)) {
                *count += 1;
            }
        }
        if !changed.is_empty() {
            let mut ids = block.ids()?;
            for id in &changed {
                let code = ids.find(id)?.and_then(|place| self.codes.get(place));
                if let Some(count) = code.and_then(|code| self.of_codes.get_mut(usize::from(*code))) {
                    *count -= 1;
                }
            }
        }
        let counts = std::mem::take(&mut self.of_codes);
        for (code, count) in (1..).zip(counts.iter().skip(1)) {
            if let Some(value) = column.bytes(code)
                && *count > 0
            {
                self.count(value, *count);
            }
        }
        self.of_codes = counts;
        Ok(())
    }

    fn count(&mut self, value: &[u8], users: u64) {
        self.users += users;
        if self.too_many {
            return;
        }
        if let Some(count) = self.values.get_mut(value) {
            *count += users;
            return;
        }
        self.bytes += value.len() + ENTRY_BYTES;
        if self.bytes > BYTES_MAX {
            (self.too_many, self.values) = (true, HashMap::new());
            return;
        }
        self.values.insert(value.into(), users);
    }

    fn finish(self, commonest: u32) -> AttributeUse {
        let distinct = (!self.too_many).then(|| u64::try_from(self.values.len()).unwrap_or(u64::MAX));
        let mut values: Vec<_> = self.values.into_iter().collect();
        // Of values that are as common, the one whose bytes come first.
        values.sort_by(|(one, ones), (other, others)| others.cmp(ones).then_with(|| one.cmp(other)));
        let mut room = PageRoom::new(commonest);
        let values = values
            .iter()
            .take_while(|(value, _)| room.take(value.len()))
            .filter_map(|(value, users)| Some((ColumnValue::read(value)?.into_attribute(), *users)))
            .collect();
        AttributeUse { users: self.users, distinct, values }
    }
}
