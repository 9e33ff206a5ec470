//! What must hold of the changes of users: each stands once in the history of its user, and none is missing that is not
//! forgotten.

use rusqlite::{Connection, Row, Rows};

use super::{Check, RESTORE, none_of_them};
use crate::store::SERVICE;

pub(super) fn check(check: &mut Check, connection: &Connection) -> rusqlite::Result<()> {
    for (sql, what) in [
        (
            "SELECT count(*) FROM user_changes WHERE NOT json_valid(changes) OR previous >= sequence OR at <= 0",
            "cannot have been written as they stand",
        ),
        (
            "SELECT count(*) FROM user_changes WHERE sequence NOT IN (SELECT sequence FROM audit)",
            "have no audit record",
        ),
    ] {
        none_of_them(check, connection, &place(), (sql, what))?;
    }
    let Wrong { lost, shared, strange, missing } = follow(connection)?;
    for (count, what) in [
        (lost, "are in no user's history"),
        (shared, "are in more than one history, or twice in one"),
        (strange, "are in the history of another user"),
        (missing, "are missing from the histories that name them"),
    ] {
        if count > 0 {
            check.damage(place(), format!("{count} of them {what}"), RESTORE);
        }
    }
    Ok(())
}

fn place() -> String {
    format!("{}, changes of users", SERVICE.file)
}

/// Changes that are not where they must be.
#[derive(Default)]
struct Wrong {
    lost: u64,
    shared: u64,
    strange: u64,
    missing: u64,
}

/// Who names a change, or whose it is: a change by its number, and a user by its row, if that is known.
type Link = (i64, Option<i64>);

/// Holds the changes against those who name them: of each user the newest, and of each change the one before. As no change names a
/// later one, each that is named once is in one history. Both are read in the order of the changes, sorted outside memory.
fn follow(connection: &Connection) -> rusqlite::Result<Wrong> {
    let forgotten: i64 = connection.query_row("SELECT forgotten FROM totals", [], |row| row.get(0))?;
    let mut names = connection.prepare(
        "SELECT last_change, rowid FROM users WHERE last_change IS NOT NULL \
         UNION ALL SELECT previous, user FROM user_changes WHERE previous IS NOT NULL ORDER BY 1",
    )?;
    let mut changes = connection.prepare("SELECT sequence, user FROM user_changes ORDER BY sequence")?;
    let (mut names, mut changes) = (names.query([])?, changes.query([])?);
    let mut name = next(&mut names)?;
    let mut wrong = Wrong::default();
    // Of changes up to the last that was forgotten some may still stand, whoever named them.
    let kept = |change: i64| u64::from(change > forgotten);
    while let Some((change, user)) = next(&mut changes)? {
        let mut times = 0;
        while let Some((to, of)) = name.filter(|(to, _)| *to <= change) {
            if to == change {
                times += 1;
                wrong.strange += u64::from(of.zip(user).is_some_and(|(of, user)| of != user));
            } else {
                wrong.missing += kept(to);
            }
            name = next(&mut names)?;
        }
        match times {
            0 => wrong.lost += kept(change),
            1 => {}
            _ => wrong.shared += 1,
        }
    }
    while let Some((to, _)) = name {
        wrong.missing += kept(to);
        name = next(&mut names)?;
    }
    Ok(wrong)
}

fn next(rows: &mut Rows<'_>) -> rusqlite::Result<Option<Link>> {
    let link = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    rows.next()?.map(link).transpose()
}
