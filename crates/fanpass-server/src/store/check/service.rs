//! What must hold in `service.db`: users, attributes, audiences, tokens, and the audit.

use std::path::Path;

use fanpass_model::{
    AttributeDefinition, AttributeKey, AttributeRegistry, AttributeType, AttributeValue, AudienceName,
    Namespace, PlatformPolicy, UserId, UserProperties,
};
use rusqlite::Connection;

use super::{Check, RESTORE, audit, count, history, keys, none_of_them};
use crate::auth::{SCOPES, key_files};
use crate::store::SERVICE;
use crate::targeting::Expression;

pub(super) fn check(check: &mut Check, connection: &Connection, data: &Path) {
    let file = SERVICE.file;
    // What the operator's catalogue says may have changed since; what is registered stays.
    let mut registry = AttributeRegistry::builtin().with_policy(PlatformPolicy::AllowUnknown);
    check.step(file, |check| attributes(check, connection, &mut registry));
    check.step(file, |check| users(check, connection, &registry));
    check.step(file, |check| totals(check, connection));
    check.step(file, |check| history::check(check, connection));
    check.step(file, |check| audiences(check, connection));
    check.step(file, |check| outbox(check, connection));
    check.step(file, |check| tokens(check, connection, data));
    check.step(file, |check| keys::check(check, connection, data));
    audit::check(check, connection, data);
}

fn attributes(
    check: &mut Check,
    connection: &Connection,
    registry: &mut AttributeRegistry,
) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare("SELECT key, type, allowed, description, owner FROM attributes ORDER BY key")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (key, word, allowed): (String, Option<String>, Option<String>) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let place = format!("{}, attribute `{}`", SERVICE.file, key.escape_debug());
        check.attributes += 1;
        let found =
            word.as_ref().map(|word| AttributeType::ALL.into_iter().find(|known| known.as_str() == word));
        match AttributeKey::new(key) {
            Ok(key) if key.namespace() == Namespace::Custom && found != Some(None) => {
                let mut definition = AttributeDefinition::new(key);
                definition.r#type = found.flatten();
                // A value may have been stored before it was not allowed any more: what users carry has the type alone.
                registry.insert(definition.clone());
                (definition.description, definition.owner) = (row.get(3)?, row.get(4)?);
                let readable = allowed.is_none_or(|allowed| {
                    definition.allowed_values = serde_json::from_str(&allowed).unwrap_or_default();
                    !definition.allowed_values.is_empty()
                });
                let faults = definition.faults();
                let wrong = |member| faults.iter().any(|fault| fault.member == member);
                for (wrong, what) in [
                    (!readable || wrong("allowedValues"), "its allowed values are not valid"),
                    (wrong("description"), "its description is not valid"),
                    (wrong("owner"), "its owner is not valid"),
                ] {
                    if wrong {
                        check.damage(&place, what, RESTORE);
                    }
                }
            }
            _ => check.damage(place, "its key or its type is not valid", RESTORE),
        }
    }
    Ok(())
}

fn users(check: &mut Check, connection: &Connection, registry: &AttributeRegistry) -> rusqlite::Result<()> {
    let again = "push the user's attributes again, or restore a snapshot";
    let mut statement = connection.prepare("SELECT rowid, id, attributes FROM users ORDER BY rowid")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        check.users += 1;
        // By its row: a finding names no user.
        let place = format!("{}, user in row {}", SERVICE.file, row.get::<_, i64>(0)?);
        if UserId::validate(row.get_ref(1)?.as_str()?).is_err() {
            check.damage(&place, "its id is not valid", RESTORE);
        }
        match serde_json::from_str::<UserProperties>(row.get_ref(2)?.as_str()?) {
            Ok(properties) => {
                for (key, _) in properties.iter().filter(|(_, value)| **value == AttributeValue::Unset) {
                    check.damage(&place, format!("`{key}`: it is stored as not set"), again);
                }
                for violation in registry.check(&properties) {
                    // A custom key that is there was registered, whatever its type.
                    let what = format!("`{}`: {}", violation.key, violation.kind.code());
                    check.damage(&place, what, again);
                }
            }
            Err(error) => {
                let what = format!("its attributes cannot be read ({:?})", error.classify());
                check.damage(&place, what, again);
            }
        }
    }
    Ok(())
}

/// What is counted and noted down once.
fn totals(check: &mut Check, connection: &Connection) -> rusqlite::Result<()> {
    let rows = count(connection, "SELECT count(*) FROM totals")?;
    if rows != 1 {
        check.damage(SERVICE.file, format!("it has {rows} rows of totals and not one"), RESTORE);
        return Ok(());
    }
    let counted = count(connection, "SELECT users FROM totals")?;
    if counted != check.users {
        let what = format!("it holds {} users and counts {counted}", check.users);
        check.damage(SERVICE.file, what, RESTORE);
    }
    let ahead = "SELECT count(*) FROM totals WHERE forgotten > (SELECT max(seq) FROM sqlite_sequence WHERE name = 'audit')";
    if count(connection, ahead)? > 0 {
        check.damage(SERVICE.file, "it says that changes were forgotten that it never had", RESTORE);
    }
    Ok(())
}

fn audiences(check: &mut Check, connection: &Connection) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare("SELECT name, expression, created_at, updated_at FROM audiences ORDER BY name")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        check.audiences += 1;
        let name: String = row.get(0)?;
        let place = format!("{}, audience `{}`", SERVICE.file, name.escape_debug());
        if AudienceName::new(name).is_err() {
            check.damage(&place, "its name is not valid", RESTORE);
        }
        // What it says of segments and attributes that are gone is no damage.
        if row.get_ref(1)?.as_str()?.parse::<Expression>().is_err() {
            check.damage(&place, "its expression cannot be read", RESTORE);
        }
        if row.get::<_, i64>(3)? < row.get::<_, i64>(2)? {
            check.damage(&place, "its times contradict each other", RESTORE);
        }
    }
    Ok(())
}

/// What is on its way to GA4, and what did not get there: of users that are there, platform attributes alone.
fn outbox(check: &mut Check, connection: &Connection) -> rusqlite::Result<()> {
    for (table, sql, what) in [
        (
            "outbox",
            "SELECT count(*) FROM outbox WHERE NOT json_valid(changed) OR attempts < 0",
            "cannot have been written as they stand",
        ),
        (
            "outbox",
            "SELECT count(*) FROM outbox, json_each(iif(json_valid(changed), changed, '{}')) AS attribute \
             WHERE attribute.key NOT GLOB 'user_properties.*'",
            "name attributes that are never forwarded",
        ),
        ("outbox", "SELECT count(*) FROM outbox WHERE user NOT IN (SELECT id FROM users)", "are of no user"),
        (
            "dead letters",
            "SELECT count(*) FROM dead_letters WHERE key NOT GLOB 'user_properties.*'",
            "name attributes that are never forwarded",
        ),
        (
            "dead letters",
            "SELECT count(*) FROM dead_letters WHERE user NOT IN (SELECT id FROM users)",
            "are of no user",
        ),
    ] {
        none_of_them(check, connection, &format!("{}, {table}", SERVICE.file), (sql, what))?;
    }
    Ok(())
}

fn tokens(check: &mut Check, connection: &Connection, data: &Path) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare("SELECT jti, scopes, issued_at, expires_at, revoked_at, subject FROM tokens ORDER BY jti")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        check.tokens += 1;
        let jti: String = row.get(0)?;
        let place = format!("{}, token {}", SERVICE.file, jti.escape_debug());
        let next = format!("revoke it (fanpass tokens revoke {}) and issue another", jti.escape_debug());
        if jti.is_empty() || row.get_ref(5)?.as_str()?.trim().is_empty() {
            check.damage(&place, "its id or its subject is empty", RESTORE);
        }
        let scopes = serde_json::from_str::<Vec<String>>(row.get_ref(1)?.as_str()?);
        let known = scopes.is_ok_and(|scopes| scopes.iter().all(|scope| SCOPES.contains(&scope.as_str())));
        if !known {
            check.damage(&place, "its scopes are not valid", &next);
        }
        let (issued, expires): (i64, i64) = (row.get(2)?, row.get(3)?);
        if expires <= issued || row.get::<_, Option<i64>>(4)?.is_some_and(|revoked| revoked < issued) {
            check.damage(&place, "its times contradict each other", &next);
        }
    }
    // Of keys that cannot be listed the files tell.
    if check.tokens > 0 && key_files::files(data).is_ok_and(|keys| keys.is_empty()) {
        let next = "restore the key, or issue new tokens: the service makes a new key when it starts";
        check.damage("signing-key", "it is missing, and without it no token works that was issued", next);
    }
    Ok(())
}
