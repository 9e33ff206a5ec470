//! Segments, versions, lists and imports that are not what they must be.

use super::are_named;

#[tokio::test]
async fn each_damage_of_the_segments_is_named() {
    let damages = [
        (
            "UPDATE versions SET members = 7 WHERE segment = 'cup'",
            "segments.db, version 1 of segment `cup`: its lists make 2000 members and it says 7",
        ),
        (
            "UPDATE blocks SET ids = zeroblob(length(ids)) WHERE rowid = 2",
            "segments.db, list 1 of segment `cup`, block 2: its format is unknown",
        ),
        (
            "UPDATE blocks SET ids = CAST(substr(ids, 1, 100) || x'ff' || substr(ids, 102) AS BLOB) WHERE rowid = 2",
            "segments.db, list 1 of segment `cup`, block 2: its checksum does not match",
        ),
        (
            "UPDATE blocks SET count = count + 1 WHERE rowid = 1",
            "segments.db, list 1 of segment `cup`, block 1: it holds",
        ),
        (
            "UPDATE blocks SET first_id = x'40' WHERE rowid = 2",
            "segments.db, list 1 of segment `cup`, block 1: its first id is not the one that it is found by",
        ),
        ("UPDATE blocks SET first_id = x'7a' WHERE rowid = 1", "its ids are not in ascending order"),
        (
            "UPDATE segments SET import = 99 WHERE name = 'league'",
            "segments.db, segment `league`: the version that it serves is not there",
        ),
        (
            "INSERT INTO blocks VALUES (99, x'61', 1, x'00')",
            "segments.db, list 99: 1 blocks belong to a list that is not there",
        ),
        ("DELETE FROM versions WHERE segment = 'league'", "no version needs it any more"),
        (
            "UPDATE versions SET segment = 'cup' WHERE segment = 'league'",
            "segments.db, segment `league`: the version that it serves is another segment's",
        ),
        ("UPDATE versions SET segment = 'cup' WHERE segment = 'league'", "was for another segment"),
        (
            "UPDATE versions SET removed = added WHERE removed IS NOT NULL",
            "an id is removed that its list does not have",
        ),
        (
            "UPDATE versions SET added = base, members = 4000 WHERE import = 1",
            "an id is added that its list has already",
        ),
        (
            "UPDATE imports SET imported = 5 WHERE segment = 'league'",
            "rows are not 5 imported + 1 duplicate + 0 rejected",
        ),
        (
            "UPDATE imports SET stage = 'applying' WHERE segment = 'league'",
            "the import that made it has not ended",
        ),
        (
            "DELETE FROM segments WHERE name = 'cup'",
            "segments.db, segment `cup`: it is not there, and 3 versions of it are",
        ),
        (
            "UPDATE segments SET import = 2 WHERE name = 'cup'",
            "segments.db, segment `cup`: it serves an older version than its newest",
        ),
        (
            "INSERT INTO idempotency VALUES ('club', 'key', 'createSegment', zeroblob(32), '', NULL, 1)",
            "segments.db, answers under keys: 1 of them cannot have been written",
        ),
        ("UPDATE imports SET id = '' WHERE segment = 'league'", "its id or its segment's name is not valid"),
        (
            "INSERT INTO import_errors VALUES (1, 0, 2, 'empty_id', 'empty', NULL)",
            "it names 1 refused rows of 0",
        ),
        (
            "INSERT INTO import_errors VALUES (77, 0, 2, 'empty_id', 'empty', NULL)",
            "a row of `import_errors` names one of `imports` that is not there",
        ),
    ];
    are_named("segments.db", &damages).await;
}
