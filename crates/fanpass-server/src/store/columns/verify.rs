//! What must hold of the copy by itself, and what its users come to.

use std::sync::Arc;

use rusqlite::Connection;

use super::overlay::{Changed, Overlay};
use super::record::{Keys, Record};
use super::scan::{Key, UserBlock, View};
use super::sums::{LeftOut, Sum, Sums, carries, hash};

/// Tells of everything that must not be, by its place; gives back what the users come to that are not left out.
pub(in crate::store) fn verify(
    connection: &Connection,
    left_out: LeftOut<'_>,
    mut found: impl FnMut(String, String),
) -> rusqlite::Result<Sums> {
    let numbers = Keys::load(connection)?.numbers();
    let view = View::open(connection, Arc::clone(&numbers), "", usize::MAX)?;
    let keys: Vec<(u32, Box<str>)> = numbers.iter().map(|(key, number)| (*number, key.clone())).collect();
    let attributes = keys.iter().map(|(number, _)| (*number, Sum::default())).collect();
    let mut overlay = Some(connection.prepare_cached(&format!("{} ORDER BY id", Changed::ROW))?);
    let mut walk = Walk {
        left_out,
        overlay: Overlay::read(&mut overlay)?,
        users: Sum::default(),
        attributes,
        last: String::new(),
    };
    let mut columns = 0;
    for index in 0..view.blocks() {
        let Some(block) = view.block(index) else { continue };
        let place = block.place();
        columns += place.attributes.numbers().count();
        let mut tell = |what: &str| found(format!("block {}", place.block), what.to_owned());
        if let Err(error) = walk.block(&block, &mut tell) {
            tell(&error.to_string());
        }
    }
    while let Some(user) = walk.overlay.step()? {
        walk.overlaid(&user)?;
    }
    strays(connection, columns, &mut found)?;
    let mut sums = Sums { users: walk.users, ..Sums::default() };
    keys.into_iter().zip(walk.attributes).for_each(|((_, key), (_, sum))| sums.take(key, sum));
    Ok(sums)
}

/// Tells of what belongs to no block; those have so many columns.
fn strays(
    connection: &Connection,
    columns: usize,
    found: &mut impl FnMut(String, String),
) -> rusqlite::Result<()> {
    let count = |sql| connection.query_row(sql, [], |row| row.get::<_, usize>(0));
    let ids = count("SELECT count(*) FROM ids WHERE place >> 12 NOT IN (SELECT block FROM blocks)")?;
    // One that is missing is told of with its block.
    let columns = count("SELECT count(*) FROM columns")?.saturating_sub(columns);
    for (strays, what) in [(ids, "pieces of ids"), (columns, "columns")] {
        if strays > 0 {
            found("blocks".to_owned(), format!("{strays} {what} belong to none"));
        }
    }
    Ok(())
}

/// All users on their way through the check, in the order of their ids.
struct Walk<'s> {
    left_out: LeftOut<'s>,
    overlay: Overlay<'s>,
    users: Sum,
    /// By the numbers of their keys.
    attributes: Vec<(u32, Sum)>,
    /// The last id of the block before.
    last: String,
}

impl Walk<'_> {
    fn block(&mut self, block: &UserBlock<'_>, tell: &mut impl FnMut(&str)) -> rusqlite::Result<()> {
        let users = self.ids(block, tell)?;
        let mut codes = Vec::new();
        for (key, sum) in &mut self.attributes {
            match block.column(Key(*key)) {
                Ok(Some(column)) => {
                    let values: Vec<_> = (0..=u16::MAX)
                        .take(column.len() + 1)
                        .map(|code| column.bytes(code).map(hash))
                        .collect();
                    column.codes(&mut codes);
                    for (code, user) in codes.iter().zip(&users) {
                        if let (Some(Some(value)), Some(user)) = (values.get(usize::from(*code)), user) {
                            sum.add(carries(*user, *value));
                        }
                    }
                }
                Ok(None) => {}
                Err(error) => tell(&format!("attribute {key}: {error}")),
            }
        }
        Ok(())
    }

    /// The hashes of a block's users, by their places, none for those that stand in the overlay or are left out. The ids are the
    /// block's own, and ascend from the last one of the block before.
    fn ids(
        &mut self,
        block: &UserBlock<'_>,
        tell: &mut impl FnMut(&str),
    ) -> rusqlite::Result<Vec<Option<u64>>> {
        let mut ids = block.ids()?;
        let (mut users, mut ascending) = (Vec::with_capacity(block.users()), true);
        while ids.step()? {
            let id = ids.id();
            if users.is_empty() && block.place().first_id != id.as_bytes() {
                tell("its first id is not the one that it is found by");
            }
            ascending &= *id > *self.last;
            id.clone_into(&mut self.last);
            while let Some(user) = self.overlay.take_if(|next| next < id)? {
                self.overlaid(&user)?;
            }
            let user = if let Some(user) = self.overlay.take_if(|next| next == id)? {
                self.overlaid(&user)?;
                None
            } else if self.left_out.holds(id)? {
                None
            } else {
                Some(hash(id.as_bytes()))
            };
            if let Some(user) = user {
                self.users.add(user);
            }
            users.push(user);
        }
        if !ascending {
            tell("its ids are not in ascending order");
        }
        Ok(users)
    }

    /// A user of the overlay.
    fn overlaid(&mut self, changed: &Changed) -> rusqlite::Result<()> {
        if self.left_out.holds(&changed.id)? {
            return Ok(());
        }
        let user = hash(changed.id.as_bytes());
        self.users.add(user);
        for (key, value) in Record(&changed.record) {
            if let Some((_, sum)) = self.attributes.iter_mut().find(|(number, _)| *number == key) {
                sum.add(carries(user, hash(value)));
            }
        }
        Ok(())
    }
}
