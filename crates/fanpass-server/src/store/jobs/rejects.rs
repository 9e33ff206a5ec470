//! Rows that an import refused: kept as they come, read a page at a time.

use fanpass_model::ImportId;
use rusqlite::{Connection, params};

use crate::store::Store;
use crate::store::error::StoreError;

/// Why one row was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowReject {
    /// The row's number in its file or sheet, from 1, a header counted.
    pub row: u64,
    /// The reason, for programs.
    pub code: String,
    /// The reason, for people.
    pub message: String,
    /// Where the row stands: archive entry, sheet and cell, or line.
    pub location: Option<String>,
}

impl RowReject {
    /// What its texts take.
    pub(crate) fn bytes(&self) -> u64 {
        let location = self.location.as_ref().map_or(0, String::len);
        u64::try_from(self.code.len() + self.message.len() + location).unwrap_or(u64::MAX)
    }
}

impl Store {
    /// Why rows of an import were refused, in the order they were read, behind the first `after` of them, at most
    /// `limit`. While an import runs there may be more than are kept yet.
    ///
    /// # Errors
    /// [`Corrupt`](crate::store::StoreErrorKind::Corrupt), [`Io`](crate::store::StoreErrorKind::Io).
    pub async fn import_rejects(
        &self,
        id: &ImportId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<RowReject>, StoreError> {
        let id = id.to_string();
        self.0
            .segments
            .read("read an import's refused rows", move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT row, code, message, location FROM import_errors \
                     WHERE import = (SELECT sequence FROM imports WHERE id = ?1) AND ordinal >= ?2 \
                     ORDER BY ordinal LIMIT ?3",
                )?;
                let rows = statement.query_map(params![id, after, limit], |row| {
                    Ok(RowReject {
                        row: row.get(0)?,
                        code: row.get(1)?,
                        message: row.get(2)?,
                        location: row.get(3)?,
                    })
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Keeps refused rows of an import behind the `kept` first, without waiting for the commit.
    pub(crate) fn keep_rejects(
        &self,
        import: i64,
        kept: u64,
        rejects: Vec<RowReject>,
    ) -> Result<(), StoreError> {
        let work = self.0.segments.begin_write("keep refused rows", move |connection| {
            Ok(insert(connection, import, kept, &rejects)?)
        });
        work.map(drop)
    }
}

/// Keeps refused rows behind the `kept` first.
pub(super) fn insert(
    connection: &Connection,
    import: i64,
    kept: u64,
    rejects: &[RowReject],
) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO import_errors (import, ordinal, row, code, message, location) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (ordinal, RowReject { row, code, message, location }) in (kept..).zip(rejects) {
        insert.execute(params![import, ordinal, row, code, message, location])?;
    }
    Ok(())
}
