-- Registered attributes: what else is known of them.

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

-- What is on its way to GA4.
