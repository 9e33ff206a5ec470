//! What must hold of the copy by itself.

use rusqlite::Connection;

use fanpass_model::UserId;

use super::block::{self, Place};
use super::ids::Ids;
use super::record::Record;
use super::scan::View;
use super::value::ColumnValue;

/// Tells of everything that must not be, by its place; gives back how many users there are.
pub(in crate::store) fn verify(
    connection: &Connection,
    mut found: impl FnMut(String, String),
) -> rusqlite::Result<u64> {
    let view = View::open(connection, "", usize::MAX)?;
    let places = block::places(connection, b"", usize::MAX)?;
    let keys: Vec<u32> = connection
        .prepare("SELECT number FROM keys")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let (mut users, mut last) = (0, Vec::new());
    for place in &places {
        let mut tell = |what: &str| found(format!("block {}", place.block), what.to_owned());
        if let Err(error) = ids(connection, place, &mut last, &mut tell) {
            tell(&error.to_string());
        }
        for key in &keys {
            if let Err(error) = block::column(connection, *key, place) {
                tell(&format!("attribute {key}: {error}"));
            }
        }
        users += place.users;
    }
    for index in 0..view.blocks() {
        users += overlay(&view, index, &mut found)?;
    }
    for (sql, what) in [
        ("SELECT count(*) FROM ids WHERE place >> 12 NOT IN (SELECT block FROM blocks)", "pieces of ids"),
        (
            "SELECT count(*) FROM columns WHERE place & 2147483647 NOT IN (SELECT block FROM blocks) \
             OR place >> 31 NOT IN (SELECT number FROM keys)",
            "columns",
        ),
    ] {
        let strays: u64 = connection.query_row(sql, [], |row| row.get(0))?;
        if strays > 0 {
            found("blocks".to_owned(), format!("{strays} {what} belong to none"));
        }
    }
    Ok(u64::try_from(users).unwrap_or(u64::MAX))
}

/// Whether a block's ids are its own, and ascend from the last one of the block before.
fn ids(
    connection: &Connection,
    place: &Place,
    last: &mut Vec<u8>,
    tell: &mut impl FnMut(&str),
) -> rusqlite::Result<()> {
    let mut ids = Ids::read(connection, place)?;
    let (mut users, mut ascending) = (0, true);
    while ids.step()? {
        let id = ids.id().as_bytes();
        if users == 0 && id != place.first_id {
            tell("its first id is not the one that it is found by");
        }
        ascending &= id > last.as_slice();
        id.clone_into(last);
        users += 1;
    }
    if !ascending {
        tell("its ids are not in ascending order");
    }
    if users != place.users {
        tell(&format!("it holds {users} ids and says {}", place.users));
    }
    Ok(())
}

/// Looks through what of the overlay belongs to a block; gives back how many users are new.
fn overlay(view: &View<'_>, index: usize, found: &mut impl FnMut(String, String)) -> rusqlite::Result<usize> {
    let Some(block) = view.block(index) else { return Ok(0) };
    let changed = block.changed()?;
    if changed.is_empty() {
        return Ok(0);
    }
    let (mut new, mut unreadable) = (0, 0);
    let mut ids = block.ids()?;
    for user in &changed {
        let mut record = Record(user.record());
        let whole =
            record.by_ref().all(|(_, value)| ColumnValue::read(value).is_some()) && record.0.is_empty();
        unreadable += u64::from(!whole || UserId::validate(&user.id).is_err());
        new += usize::from(ids.find(&user.id).is_ok_and(|place| place.is_none()));
    }
    if unreadable > 0 {
        found("overlay".to_owned(), format!("{unreadable} users cannot be read"));
    }
    Ok(new)
}
