//! One bit of the file turned over, or one row gone: each answer is that of `service.db`, or the copy is made anew.

use std::fs;
use std::sync::Arc;

use fanpass_testkit::Chance;
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use tempfile::TempDir;

use super::{KEYS, Users, copied, erase, expected, fold, key, open, read_all, update, wait};
use crate::store::{Store, StoreError, StoreErrorKind};
use crate::targeting::Expression;

/// Damages that one test does, of all that there are.
const DAMAGES: usize = 80;

/// A folder with a small copy, in blocks and overlay, on which no service runs.
struct World {
    folder: TempDir,
    users: Users,
    /// `columns.db`.
    whole: Vec<u8>,
    chance: Chance,
}

impl World {
    fn make() -> Self {
        let folder = TempDir::new().unwrap();
        let (store, mut users, mut chance) = (open(folder.path()), Users::new(), Chance::new(17));
        update(&store, &mut users, &mut chance, 250);
        assert_eq!(copied(&store, 1), expected(&users));
        update(&store, &mut users, &mut chance, 100);
        fold(&store, 1);
        update(&store, &mut users, &mut chance, 20);
        let erased = users.pop_first().unwrap().0;
        erase(&store, &erased);
        assert_eq!(copied(&store, 1), expected(&users));
        drop(store);
        let whole = fs::read(folder.path().join("columns.db")).unwrap();
        Self { folder, users, whole, chance }
    }

    /// The file as it was written, to be changed.
    fn database(&self) -> Connection {
        let path = self.folder.path().join("columns.db");
        fs::write(&path, &self.whole).unwrap();
        Connection::open(path).unwrap()
    }

    /// Asks until all is answered, and rightly.
    fn ask(&self, damage: &str) {
        let store = open(self.folder.path());
        let answered = (0..3).any(|_| self.answers(&store, damage));
        assert!(answered, "{damage}: it stays");
    }

    /// Whether all is answered; what is has to be right.
    fn answers(&self, store: &Store, damage: &str) -> bool {
        let mut answered = true;
        let mut judge = |right: Result<bool, StoreError>, what: &str| match right {
            Ok(right) => assert!(right, "{damage}: {what} is wrong"),
            Err(error) => {
                assert_eq!(error.kind(), StoreErrorKind::Busy, "{damage}: {error}");
                answered = false;
            }
        };
        for text in KEYS {
            let carry = self.users.values().filter(|carried| carried.get(text).is_some()).count();
            let found = wait(store.attribute_use(&key(text), 5));
            judge(found.map(|found| found.users == u64::try_from(carry).unwrap()), text);
        }
        let gold: Expression = "user_properties.tier == \"gold\"".parse().unwrap();
        let gold = Arc::new(gold);
        let of = |carried: &[(&str, _)]| carried.contains(&(KEYS[0], "gold".into()));
        let all = expected(&self.users);
        let chosen: Vec<_> = all.iter().filter(|(_, carried)| of(carried)).map(|(id, _)| &**id).collect();
        let counted = wait(store.select(Arc::clone(&gold), None, None));
        judge(counted.map(|part| part.count == u64::try_from(chosen.len()).unwrap()), "a count");
        let listed = || {
            let (mut ids, mut after) = (Vec::new(), None);
            loop {
                let part = wait(store.select(Arc::clone(&gold), after.as_ref(), Some(7)))?;
                ids.extend(part.users.into_iter().map(String::from));
                after = part.next;
                if after.is_none() {
                    return Ok(ids);
                }
            }
        };
        judge(listed().map(|ids| ids == chosen), "a list");
        judge(read_all(store, 2).map(|read| read == all), "all");
        answered
    }
}

/// Each row of each table, by its number.
fn rows(database: &Connection) -> Vec<(&'static str, i64)> {
    let mut rows = Vec::new();
    for table in super::super::COLUMNS.verified.iter().chain(&["sqlite_schema"]) {
        let mut statement = database.prepare(&format!("SELECT rowid FROM {table}")).unwrap();
        let numbers = statement.query_map([], |row| row.get(0)).unwrap();
        rows.extend(numbers.map(|number| (*table, number.unwrap())));
    }
    rows
}

fn flip(bytes: &mut [u8], chance: &mut Chance) {
    let place = chance.place(bytes.len());
    bytes[place] ^= 1 << chance.below(8);
}

/// A value of a row with one bit turned over; none where there is none to be turned.
fn flipped(value: Value, chance: &mut Chance) -> Option<Value> {
    match value {
        // Rather the low bits, which make other places.
        Value::Integer(number) => {
            let bits = *chance.pick(&[14, 40, 64]);
            Some(Value::Integer(number ^ (1 << chance.below(bits))))
        }
        Value::Text(text) if !text.is_empty() => {
            let mut bytes = text.into_bytes();
            flip(&mut bytes, chance);
            Some(Value::Blob(bytes))
        }
        Value::Blob(mut bytes) if !bytes.is_empty() => {
            flip(&mut bytes, chance);
            Some(Value::Blob(bytes))
        }
        _ => None,
    }
}

#[test]
fn a_flipped_bit_in_a_value_or_a_place_gives_no_wrong_answer() {
    let mut world = World::make();
    let mut done = 0;
    while done < DAMAGES {
        let database = world.database();
        database.execute_batch("PRAGMA writable_schema = ON").unwrap();
        let (table, row) = *world.chance.pick(&rows(&database));
        let mut statement = database.prepare(&format!("SELECT * FROM {table} WHERE rowid = {row}")).unwrap();
        let names: Vec<_> = statement.column_names().map(str::to_owned).collect();
        let at = world.chance.place(names.len());
        let (value, is_text): (Value, bool) = statement
            .query_row([], |row| {
                Ok((row.get(at)?, matches!(row.get_ref(at)?, rusqlite::types::ValueRef::Text(_))))
            })
            .unwrap();
        drop(statement);
        let Some(value) = flipped(value, &mut world.chance) else { continue };
        let damage = format!("{table}.{} of row {row}: {value:?}", names[at]);
        let new = if is_text { "CAST(?1 AS TEXT)" } else { "?1" };
        let sql = format!("UPDATE {table} SET {} = {new} WHERE rowid = ?2", names[at]);
        // What SQLite takes: no second row for a place.
        if database.execute(&sql, params![value, row]) != Ok(1) {
            continue;
        }
        drop(database);
        world.ask(&damage);
        done += 1;
    }
}

#[test]
fn a_missing_row_gives_no_wrong_answer() {
    let world = World::make();
    for (table, row) in rows(&world.database()) {
        let database = world.database();
        database.execute_batch("PRAGMA writable_schema = ON").unwrap();
        database.execute(&format!("DELETE FROM {table} WHERE rowid = ?1"), [row]).unwrap();
        drop(database);
        world.ask(&format!("{table} without row {row}"));
    }
}

#[test]
fn a_flipped_bit_anywhere_in_the_file_gives_no_wrong_answer() {
    let mut world = World::make();
    let path = world.folder.path().join("columns.db");
    // All of the header, and of the pages rather what is not empty.
    let used: Vec<_> = (100..world.whole.len()).filter(|byte| world.whole[*byte] != 0).collect();
    let chosen = (0..DAMAGES).map(|_| *world.chance.pick(&used)).collect::<Vec<_>>();
    for byte in (0..100).chain(chosen) {
        let mut damaged = world.whole.clone();
        let bit = world.chance.below(8);
        damaged[byte] ^= 1 << bit;
        fs::write(&path, damaged).unwrap();
        world.ask(&format!("bit {bit} of byte {byte}"));
    }
}
