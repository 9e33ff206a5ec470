//! Segments that are named and not there.

use fanpass_model::{SegmentName, nearest};
use rusqlite::Connection;

use super::Store;
use super::error::{Fault, StoreError};
use super::segments::{find_served, segment_name};
use crate::targeting::Missing;

/// Names that are looked through for one that is spelled alike, and names for which that is done: what bounds its time.
const LOOKED_THROUGH: u32 = 1_000;
const HELPED: usize = 8;

impl Store {
    /// Those of `names` that no segment has, each with one that is spelled alike, if one was found.
    ///
    /// # Errors
    /// [`Corrupt`](super::StoreErrorKind::Corrupt), [`Io`](super::StoreErrorKind::Io).
    pub async fn missing_segments(
        &self,
        names: impl IntoIterator<Item = SegmentName>,
    ) -> Result<Missing, StoreError> {
        let names: Vec<_> = names.into_iter().collect();
        let missing = move |connection: &Connection| {
            let mut missing = Missing::new();
            for name in names {
                if find_served(connection, name.as_str())?.is_none() {
                    missing.insert(name, None);
                }
            }
            for (name, nearest) in missing.iter_mut().take(HELPED) {
                *nearest = find_nearest(connection, name)?;
            }
            Ok(missing)
        };
        self.0.segments.read("look segments up", missing).await
    }
}

/// The segment whose name is closest in spelling, if it is close enough to be a slip.
fn find_nearest(connection: &Connection, name: &SegmentName) -> Result<Option<SegmentName>, Fault> {
    let known = connection
        .prepare_cached("SELECT name FROM segments ORDER BY name LIMIT ?1")?
        .query_map([LOOKED_THROUGH], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    let nearest = nearest(name.as_str(), known.iter().map(|known| (known.as_str(), known)));
    Ok(nearest.map(|known| segment_name(known.clone())).transpose()?)
}
