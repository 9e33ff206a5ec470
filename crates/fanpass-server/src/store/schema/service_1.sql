CREATE TABLE users (
    id          TEXT NOT NULL UNIQUE,
    attributes  TEXT NOT NULL,    -- a JSON object, key to value
    updated_at  INTEGER NOT NULL  -- times are microseconds since 1970, UTC
) STRICT;

CREATE TABLE attributes (
    key            TEXT PRIMARY KEY,
    type           TEXT,          -- NULL: any
    description    TEXT,
    registered_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    jti         TEXT PRIMARY KEY,
    subject     TEXT NOT NULL,
    scopes      TEXT NOT NULL,    -- a JSON array
    issued_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    revoked_at  INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    sequence     INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    request_id   TEXT NOT NULL,
    subject      TEXT,
    jti          TEXT,
    operation    TEXT NOT NULL,
    status       INTEGER NOT NULL,
    target       TEXT,
    file_sha256  TEXT,
    outcome      TEXT             -- a JSON object of figures
) STRICT;
