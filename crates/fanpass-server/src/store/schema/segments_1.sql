-- Imports in the order they were received; of two imports of one segment the one with the higher sequence wins.
CREATE TABLE imports (
    sequence      INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT NOT NULL UNIQUE,
    segment       TEXT NOT NULL,
    spool         TEXT,            -- file name in the spool folder; NULL for an inline list
    file_name     TEXT,            -- as the client named it
    file_sha256   TEXT,            -- lower-case hexadecimal
    state         TEXT NOT NULL CHECK (state IN ('pending', 'processing', 'completed', 'failed')),
    attempts      INTEGER NOT NULL DEFAULT 0,
    total         INTEGER,         -- unknown until the file was read
    processed     INTEGER NOT NULL DEFAULT 0,
    imported      INTEGER NOT NULL DEFAULT 0,
    duplicate     INTEGER NOT NULL DEFAULT 0,
    rejected      INTEGER NOT NULL DEFAULT 0,
    message       TEXT,
    subject       TEXT,
    jti           TEXT,
    created_at    INTEGER NOT NULL, -- times are microseconds since 1970, UTC
    updated_at    INTEGER NOT NULL,
    completed_at  INTEGER
) STRICT;

CREATE INDEX imports_unfinished ON imports (sequence) WHERE state IN ('pending', 'processing');

CREATE TABLE import_errors (
    import    INTEGER NOT NULL REFERENCES imports (sequence),
    ordinal   INTEGER NOT NULL,
    row       INTEGER NOT NULL,
    code      TEXT NOT NULL,
    message   TEXT NOT NULL,
    location  TEXT,
    PRIMARY KEY (import, ordinal)
) STRICT, WITHOUT ROWID;

-- A version is one whole membership. Those that no segment names are being written, or being deleted.
CREATE TABLE versions (
    version  INTEGER PRIMARY KEY AUTOINCREMENT,
    import   INTEGER NOT NULL REFERENCES imports (sequence)
) STRICT;

CREATE TABLE segments (
    name        TEXT PRIMARY KEY,
    version     INTEGER NOT NULL REFERENCES versions (version),
    import      INTEGER NOT NULL REFERENCES imports (sequence),
    members     INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Sorted ids, about 4 KiB a row. Not WITHOUT ROWID: rows this long make such a tree deep and its look-ups slow.
CREATE TABLE blocks (
    version   INTEGER NOT NULL,
    first_id  BLOB NOT NULL,
    count     INTEGER NOT NULL,
    ids       BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX blocks_by_first_id ON blocks (version, first_id);
