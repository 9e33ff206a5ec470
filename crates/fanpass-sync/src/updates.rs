//! The rows of a table as updates of users.

use fanpass_model::{AttributeDefinition, AttributeRegistry, UserId, UserProperties};
use fanpass_table::{Reject, Row, Table};

use crate::{
    ErrorKind, Mapping, SyncError, is_reject_file,
    mapping::{Bound, Mapped},
};

/// Reads a table row by row through a mapping, in constant memory.
#[derive(Debug)]
pub struct Updates {
    table: Table,
    mapping: Mapping,
    bound: Bound,
    /// What each of [`Mapping::map`] may hold, where that is bounded.
    bounds: Vec<Option<AttributeDefinition>>,
    /// Cells of the row at hand that are to be shown as other text; nearly always empty.
    shown: Vec<(usize, String)>,
    counts: Counts,
}

/// What was read so far. Every row with data is in exactly one of `updates`, `empty` and `rejects`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Rows with data, the header not counted: `updates + empty + rejects`.
    pub rows: u64,
    /// Rows that gave an update.
    pub updates: u64,
    /// Rows that name a user and leave all attributes alone.
    pub empty: u64,
    /// Rows that cannot be used as they stand.
    pub rejects: u64,
    /// Blank rows between rows with data; they are skipped and in none of the other counts.
    pub blank: u64,
    /// Ids of `updates` and `empty` from which white space was trimmed.
    pub trimmed: u64,
}

/// What a row became.
#[derive(Debug)]
pub enum MappedRow<'a> {
    /// An update to send.
    Update(Update<'a>),
    /// A user whose attributes are all left alone: there is nothing to send.
    Empty(UserId, Row<'a>),
    /// A row that cannot be used as it stands, and why; with its user, if the id can be read and trusted.
    Reject(Box<Reject>, Option<UserId>),
}

/// A user's attributes and the row that holds them, borrowed until the next one is read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Update<'a> {
    /// The user; white space around the id is trimmed.
    pub user: UserId,
    /// At least one attribute.
    pub properties: UserProperties,
    /// The row, for its place, and to make a [`Reject`] of it if the service refuses the update.
    pub row: Row<'a>,
}

impl Updates {
    /// Binds the mapping to the table's columns; no row is read.
    ///
    /// # Errors
    ///
    /// If the mapping contradicts itself ([`Mapping::check`]), names a column that the table lacks or has twice, or
    /// maps the column of the ids as well; or if it is not clear whether the first row is a header. The message lists the
    /// columns to choose from.
    pub fn new(mut table: Table, mapping: Mapping) -> Result<Self, SyncError> {
        mapping.check()?;
        // The header of a reject file is certain, and its last columns must not count.
        if !is_reject_file(table.columns()) {
            table.select_ids(mapping.id.as_deref())?;
        }
        let bound = Bound::new(&mapping, table.columns()).map_err(|error| {
            let unseen = table.unseen_columns().filter(|_| error.kind() == ErrorKind::UnknownColumn);
            error.and(unseen)
        })?;
        let bounds = vec![None; mapping.map.len()];
        Ok(Self { table, mapping, bound, bounds, shown: Vec::new(), counts: Counts::default() })
    }

    /// The same, with a reject for each row that holds a value which is not allowed, or one of a retired attribute. Keys and
    /// types, on which all rows agree, are checked by [`Mapping::lint`].
    #[must_use]
    pub fn checked_by(mut self, registry: &AttributeRegistry) -> Self {
        let bounds = self.mapping.map.iter().map(|map| {
            let bounded = |known: &&AttributeDefinition| {
                known.check_type(map.cell_type().attribute_type()).is_none()
                    && (known.is_retired() || !known.allowed_values.is_empty())
            };
            registry.get(map.key()).filter(bounded).cloned()
        });
        self.bounds = bounds.collect();
        self
    }

    /// Reads the next row that is not blank; `None` at the end.
    ///
    /// # Errors
    ///
    /// If the table cannot be read further, or a further file of an archive lacks a column of the mapping.
    pub fn next_row(&mut self) -> Result<Option<MappedRow<'_>>, SyncError> {
        let Some(row) = self.table.next_row()? else { return Ok(None) };
        if let Ok(row) = &row
            && !self.bound.fits(row.columns())
        {
            self.bound =
                Bound::new(&self.mapping, row.columns()).map_err(|error| error.at(row.location()))?;
        }
        self.counts.rows += 1;
        let read = match row {
            Err(mut reject) => {
                self.bound.escape(&mut reject.fields);
                Err((reject, None))
            }
            Ok(row) => self.bound.read(&self.mapping, &self.bounds, &row, &mut self.shown),
        };
        let rewritten = !self.shown.is_empty();
        for (column, text) in self.shown.drain(..) {
            self.table.rewrite_cell(column, &text);
        }
        let row = self.table.last_row();
        let Mapped { user, properties, trimmed } = match read {
            Ok(mapped) => mapped,
            Err((mut reject, user)) => {
                if rewritten {
                    reject.fields = row.fields().map(str::to_owned).collect();
                }
                self.counts.rejects += 1;
                return Ok(Some(MappedRow::Reject(reject, user)));
            }
        };
        self.counts.trimmed += u64::from(trimmed);
        if properties.is_empty() {
            self.counts.empty += 1;
            return Ok(Some(MappedRow::Empty(user, row)));
        }
        self.counts.updates += 1;
        Ok(Some(MappedRow::Update(Update { user, properties, row })))
    }

    /// What was read so far.
    pub fn counts(&self) -> Counts {
        Counts { blank: self.table.blank_rows(), ..self.counts }
    }

    /// The table, for its format, encoding and delimiter.
    pub fn table(&self) -> &Table {
        &self.table
    }
}
