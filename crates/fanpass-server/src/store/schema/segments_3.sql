-- Segment writes by idempotency key. Of a list sent inline the answer counts once its import is published.
CREATE TABLE idempotency (
    subject      TEXT NOT NULL,
    key          TEXT NOT NULL,
    operation    TEXT NOT NULL,
    fingerprint  BLOB NOT NULL,    -- SHA-256 of the request
    answer       TEXT NOT NULL,    -- of a list the import's id, of all else what is answered again
    user         TEXT,             -- always NULL: the table has one form in both files
    at           INTEGER NOT NULL, -- microseconds since 1970, UTC
    PRIMARY KEY (subject, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_time ON idempotency (at);
