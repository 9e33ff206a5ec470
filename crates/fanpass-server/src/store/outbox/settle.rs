//! What becomes of a letter once it was tried.

use fanpass_model::AttributeKey;
use rusqlite::{Connection, params};

use super::Letter;
use crate::store::Store;
use crate::store::error::{Fault, StoreError};

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is over: all was taken but these attributes, each with the reason.
    Over(Vec<(AttributeKey, String)>),
    /// It is to be tried again at this time, in microseconds since 1970.
    Again(i64),
}

impl Store {
    /// Writes down how an attempt ended that began at `began`. What has changed since the letter was read stays in the outbox.
    pub(crate) async fn settle(&self, letter: Letter, fate: Fate, began: i64) -> Result<(), StoreError> {
        let now = self.now();
        let write = move |connection: &Connection| match fate {
            Fate::Over(refused) => over(connection, &letter, &refused, (began, now)),
            Fate::Again(due) => {
                connection
                    .prepare_cached("UPDATE outbox SET attempts = attempts + 1, due = ?2 WHERE user = ?1")?
                    .execute(params![letter.user.as_str(), due])?;
                Ok(())
            }
        };
        self.0.service.write("write down what became of a letter", write).await
    }
}

fn over(
    connection: &Connection,
    letter: &Letter,
    refused: &[(AttributeKey, String)],
    (began, now): (i64, i64),
) -> Result<(), Fault> {
    let user = letter.user.as_str();
    let unchanged = connection.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([letter.id])? > 0;
    if !unchanged {
        // Another change came meanwhile, or an erasure. The next letter says all of it again.
        connection
            .prepare_cached(
                "UPDATE outbox SET attempts = 0, due = ?2, since = max(since, ?3) WHERE user = ?1",
            )?
            .execute(params![user, now, began])?;
        return Ok(());
    }
    let mut keep = connection.prepare_cached(
        "INSERT OR REPLACE INTO dead_letters (user, key, at, reason) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (key, reason) in refused {
        keep.execute(params![user, key.as_str(), now, reason])?;
    }
    Ok(())
}
