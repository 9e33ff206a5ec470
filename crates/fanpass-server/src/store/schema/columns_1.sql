-- A copy of the users of service.db by column, to count and select them by. Worthless without that file, and made anew from it.

-- One row: whether all users are in, the last of service.db's user_changes that is, and which record of the audit was the
-- newest there then: service.db with another one, or without it, is not what this was made of. 0: there was none.
CREATE TABLE standing (
    built       INTEGER NOT NULL,
    taken       INTEGER NOT NULL,
    record      INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    request_id  TEXT NOT NULL
) STRICT;
INSERT INTO standing VALUES (0, 0, 0, 0, '');

-- Attributes by number.
CREATE TABLE keys (
    number  INTEGER PRIMARY KEY,
    key     TEXT NOT NULL UNIQUE
) STRICT;

-- Users in byte order of their ids, some thousand a block.
CREATE TABLE blocks (
    block     INTEGER PRIMARY KEY,
    first_id  BLOB NOT NULL UNIQUE,
    users     INTEGER NOT NULL
) STRICT;

-- The ids of a block, in pieces. The place is the block times 4,096, and how many ids of the block come before.
CREATE TABLE ids (
    place  INTEGER PRIMARY KEY,
    ids    BLOB NOT NULL
) STRICT;

-- What the users of a block carry of one attribute. The place is the attribute's number times 2^31, and the block: one
-- attribute's columns lie together.
CREATE TABLE columns (
    place  INTEGER PRIMARY KEY,
    codes  BLOB NOT NULL
) STRICT;

-- Users that changed since their block was written, and new ones. The sum is CRC-32 of id and attributes.
CREATE TABLE overlay (
    id          BLOB NOT NULL UNIQUE,
    attributes  BLOB NOT NULL,
    sum         INTEGER NOT NULL
) STRICT;
