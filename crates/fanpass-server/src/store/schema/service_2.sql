-- Writes by idempotency key, each kept in the commit of its effect.
CREATE TABLE idempotency (
    subject      TEXT NOT NULL,
    key          TEXT NOT NULL,
    operation    TEXT NOT NULL,
    fingerprint  BLOB NOT NULL,    -- SHA-256 of the request
    answer       TEXT NOT NULL,    -- what the operation answers again; of a new token its id only
    user         TEXT,             -- the pseudonym of the user it is about
    at           INTEGER NOT NULL, -- microseconds since 1970, UTC
    PRIMARY KEY (subject, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_time ON idempotency (at);
CREATE INDEX idempotency_by_user ON idempotency (user) WHERE user IS NOT NULL;

-- How many users there are: counting them would read them all.
CREATE TABLE totals (
    users  INTEGER NOT NULL
) STRICT;

INSERT INTO totals SELECT count(*) FROM users;

-- The newest of the user's changes; the others hang on it.
ALTER TABLE users ADD COLUMN last_change INTEGER;

-- What an update of a user changed. Appended in the order of time, so that a change costs no page of its own.
CREATE TABLE user_changes (
    sequence  INTEGER PRIMARY KEY, -- of the audit record of the update, which says when and by whom
    previous  INTEGER,             -- the change of the same user before
    at        INTEGER NOT NULL,
    changes   TEXT NOT NULL        -- a JSON object: key to [before, after], null where it was or is not set
) STRICT;

-- Which key signed it; NULL: the first one. When it was last used, to the minute.
ALTER TABLE tokens ADD COLUMN kid TEXT;
ALTER TABLE tokens ADD COLUMN last_used_at INTEGER;
