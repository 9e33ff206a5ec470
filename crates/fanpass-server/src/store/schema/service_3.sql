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

-- What is on its way to GA4.
