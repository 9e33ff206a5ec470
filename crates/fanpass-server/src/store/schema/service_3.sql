-- Registered attributes: what else is known of them.

-- Audiences: expressions that are saved under a name.

-- What the columns of users are kept up to date by.

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
