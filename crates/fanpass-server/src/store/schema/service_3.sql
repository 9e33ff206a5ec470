-- Registered attributes: what else is known of them.

ALTER TABLE attributes ADD COLUMN allowed     TEXT;     -- a JSON array; NULL: any value of its type
ALTER TABLE attributes ADD COLUMN owner       TEXT;
ALTER TABLE attributes ADD COLUMN retired_at  INTEGER;  -- NULL: active

-- Audiences: expressions that are saved under a name.
CREATE TABLE audiences (
    name         TEXT PRIMARY KEY,
    expression   TEXT NOT NULL,    -- as it was written
    description  TEXT,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    subject      TEXT              -- of the token that saved it last
) STRICT, WITHOUT ROWID;

-- What the columns of users are kept up to date by.
ALTER TABLE user_changes ADD COLUMN user INTEGER; -- the row of the user; NULL in those from before
ALTER TABLE totals ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0; -- the newest change that was forgotten
-- Users that were erased, or came without an attribute: no change tells of them. Gone once the columns know.
CREATE TABLE touched (
    sequence  INTEGER PRIMARY KEY AUTOINCREMENT,
    id        TEXT NOT NULL
) STRICT;

-- What is on its way to GA4: users whose platform attributes have changed. Values are read when they are sent.
CREATE TABLE outbox (
    id        INTEGER PRIMARY KEY AUTOINCREMENT, -- a new one with each change: what was sent by an older one is not all
    user      TEXT NOT NULL UNIQUE,
    changed   TEXT NOT NULL,    -- a JSON object: key to the time of its last change
    since     INTEGER NOT NULL, -- the time of the oldest change that was not sent
    due       INTEGER NOT NULL, -- when it is to be sent
    attempts  INTEGER NOT NULL  -- that failed
) STRICT;

CREATE INDEX outbox_by_due ON outbox (due, since);

-- What GA4 did not take or would not keep.
CREATE TABLE dead_letters (
    sequence  INTEGER PRIMARY KEY AUTOINCREMENT,
    user      TEXT NOT NULL,
    key       TEXT NOT NULL,
    at        INTEGER NOT NULL,
    reason    TEXT NOT NULL,
    UNIQUE (user, key)
) STRICT;

-- Tokens: listed newest first, a page at a time.
CREATE INDEX tokens_by_issue ON tokens (issued_at, jti);

-- Audit: records of calls that changed nothing, many to a row. They are in a journal first.
CREATE TABLE audit_batches (
    last     INTEGER PRIMARY KEY, -- the sequence of the last of them; the records of changes are numbered with them
    first    INTEGER NOT NULL,
    records  TEXT NOT NULL        -- a line each: a JSON array of time and record
) STRICT;

-- How far the journals are in it: all before the one of this number, and so many bytes of that one.
ALTER TABLE totals ADD COLUMN journal INTEGER NOT NULL DEFAULT 0;
ALTER TABLE totals ADD COLUMN journal_bytes INTEGER NOT NULL DEFAULT 0;
-- Both tables draw from it, whichever is first.
INSERT INTO sqlite_sequence (name, seq)
SELECT 'audit', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'audit');
