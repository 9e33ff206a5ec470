//! What must hold of the copy by itself, and what its users come to.

use rusqlite::Connection;

use fanpass_model::UserId;

use super::overlay::{Changed, Overlay};
use super::record::Record;
use super::scan::{Key, UserBlock, View};
use super::sums::{LeftOut, Sum, Sums, carries, hash};
use super::value::ColumnValue;

/// Tells of everything that must not be, by its place; gives back what the users come to that are not left out.
pub(in crate::store) fn verify(
    connection: &Connection,
    left_out: LeftOut<'_>,
    mut found: impl FnMut(String, String),
) -> rusqlite::Result<Sums> {
    let view = View::open(connection, "", usize::MAX)?;
    let keys: Vec<(u32, Box<str>)> = connection
        .prepare("SELECT number, key FROM keys")?
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?.into())))?
        .collect::<rusqlite::Result<_>>()?;
    let attributes = keys.iter().map(|(number, _)| (*number, Sum::default())).collect();
    let mut overlay = Some(connection.prepare_cached(&format!("{} ORDER BY id", Changed::ROW))?);
    let mut walk = Walk {
        left_out,
        overlay: Overlay::read(&mut overlay)?,
        users: Sum::default(),
        attributes,
        last: String::new(),
        unreadable: 0,
    };
    for index in 0..view.blocks() {
        let Some(block) = view.block(index) else { continue };
        let mut tell = |what: &str| found(format!("block {}", block.number()), what.to_owned());
        if let Err(error) = walk.block(&block, &mut tell) {
            tell(&error.to_string());
        }
    }
    while let Some(user) = walk.overlay.step()? {
        walk.overlaid(&user)?;
    }
    if walk.unreadable > 0 {
        found("overlay".to_owned(), format!("{} users cannot be read", walk.unreadable));
    }
    strays(connection, &mut found)?;
    let mut sums = Sums { users: walk.users, ..Sums::default() };
    keys.into_iter().zip(walk.attributes).for_each(|((_, key), (_, sum))| sums.take(key, sum));
    Ok(sums)
}

fn strays(connection: &Connection, found: &mut impl FnMut(String, String)) -> rusqlite::Result<()> {
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
    /// Users of the overlay.
    unreadable: u64,
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
            if users.is_empty() && !block.begins_with(id) {
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
        if users.len() != block.users() {
            tell(&format!("it holds {} ids and says {}", users.len(), block.users()));
        }
        Ok(users)
    }

    /// A user of the overlay.
    fn overlaid(&mut self, changed: &Changed) -> rusqlite::Result<()> {
        let mut record = Record(&changed.record);
        let whole =
            record.by_ref().all(|(_, value)| ColumnValue::read(value).is_some()) && record.0.is_empty();
        self.unreadable += u64::from(!whole || UserId::validate(&changed.id).is_err());
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
