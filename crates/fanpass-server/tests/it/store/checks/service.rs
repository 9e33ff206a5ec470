//! Damages of `service.db`, each by its name.

use super::are_named;

#[tokio::test]
async fn each_damage_of_users_attributes_audiences_and_tokens_is_named() {
    let damages = [
        ("UPDATE users SET attributes = '{'", "service.db, user in row 1: its attributes cannot be read"),
        (
            "UPDATE users SET attributes = '{\"tier\":1}'",
            "service.db, user in row 1: its attributes cannot be read",
        ),
        (
            "UPDATE users SET attributes = '{\"custom.tier\":1}'",
            "service.db, user in row 1: `custom.tier`: wrong_type",
        ),
        ("DELETE FROM attributes", "service.db, user in row 1: `custom.tier`: unregistered"),
        ("UPDATE users SET id = ' a'", "service.db, user in row 1: its id is not valid"),
        (
            "UPDATE attributes SET type = 'colour'",
            "service.db, attribute `custom.tier`: its key or its type is not valid",
        ),
        (
            "UPDATE attributes SET allowed = '[1]'",
            "service.db, attribute `custom.tier`: its allowed values are not valid",
        ),
        (
            "UPDATE audiences SET expression = 'custom.tier = 1'",
            "service.db, audience `gold`: its expression cannot be read",
        ),
        (
            "UPDATE attributes SET owner = printf('%129d', 1)",
            "attribute `custom.tier`: its owner is not valid",
        ),
        (
            "UPDATE users SET attributes = '{\"custom.tier\":null}'",
            "service.db, user in row 1: `custom.tier`: it is stored as not set",
        ),
        ("UPDATE audiences SET name = ' '", "service.db, audience ` `: its name is not valid"),
        ("UPDATE audiences SET updated_at = 0", "service.db, audience `gold`: its times contradict"),
        ("UPDATE tokens SET scopes = '[\"everything\"]'", "its scopes are not valid"),
        ("UPDATE tokens SET expires_at = issued_at", "its times contradict each other"),
    ];
    are_named("service.db", &damages).await;
}

#[tokio::test]
async fn each_damage_of_audit_answers_totals_and_outbox_is_named() {
    let damages = [
        (
            "DELETE FROM audit_batches; DELETE FROM audit WHERE sequence > 1",
            "service.db, audit: its last record is 1,",
        ),
        (
            "DELETE FROM audit WHERE operation = 'updateUser'",
            "service.db, changes of users: 1 of them have no audit",
        ),
        (
            "INSERT INTO idempotency VALUES ('club', 'key', 'updateUser', x'00', '', NULL, 0)",
            "service.db, answers under keys: 1 of them cannot have been written",
        ),
        (
            "INSERT INTO idempotency VALUES ('club', 'key', 'updateUser', zeroblob(32), '{', NULL, 1)",
            "service.db, answers under keys: 1 of them cannot have been written",
        ),
        (
            "INSERT INTO idempotency VALUES ('club', 'key', 'fly', zeroblob(32), '{}', NULL, 1)",
            "service.db, answers under keys: 1 of them are of operations that this FanPass does not know",
        ),
        ("UPDATE user_changes SET changes = '{'", "changes of users: 1 of them cannot have been written"),
        ("UPDATE totals SET users = 5", "service.db: it holds 1 users and counts 5"),
        ("INSERT INTO totals (users) VALUES (1)", "service.db: it has 2 rows of totals and not one"),
        ("UPDATE totals SET forgotten = 1000", "service.db: it says that changes were forgotten"),
        (
            "UPDATE audit SET at = 0 WHERE sequence = 2",
            "service.db, audit: 1 records cannot have been written as they stand",
        ),
        ("UPDATE audit SET subject = '' WHERE sequence = 2", "audit: 1 records cannot have been written"),
        (
            "UPDATE audit SET operation = 'fly' WHERE sequence = 2",
            "service.db, audit: 1 records are of operations that this FanPass does not know",
        ),
        (
            "UPDATE audit_batches SET records = replace(records, 'listSegments', 'fly')",
            "service.db, audit: 1 records are of operations that this FanPass does not know",
        ),
        (
            "UPDATE audit SET status = 7 WHERE sequence = 2",
            "service.db, audit: 1 records cannot have been written as they stand",
        ),
        (
            "INSERT INTO outbox (user, changed, since, due, attempts) VALUES ('gone', '{}', 0, 0, 0)",
            "service.db, outbox: 1 of them are of no user",
        ),
        (
            "INSERT INTO outbox (user, changed, since, due, attempts) \
             VALUES ('secret-fan', '{\"custom.tier\":0}', 0, 0, 0)",
            "service.db, outbox: 1 of them name attributes that are never forwarded",
        ),
        (
            "INSERT INTO outbox (user, changed, since, due, attempts) VALUES ('secret-fan', '{', 0, 0, 0)",
            "service.db, outbox: 1 of them cannot have been written",
        ),
        (
            "INSERT INTO dead_letters (user, key, at, reason) VALUES ('gone', 'user_properties.sth', 0, '')",
            "service.db, dead letters: 1 of them are of no user",
        ),
        (
            "INSERT INTO dead_letters (user, key, at, reason) VALUES ('secret-fan', 'custom.tier', 0, '')",
            "service.db, dead letters: 1 of them name attributes that are never forwarded",
        ),
    ];
    are_named("service.db", &damages).await;
}
