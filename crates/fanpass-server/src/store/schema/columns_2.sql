-- A copy of the users of service.db by column, to count and select them by. Worthless without that file, and made anew from it.

-- Each row has a seal: CRC-32 of the table, of the place of the row in it, and of what the row holds. A row that is not at its
-- place is found by it, and one that is missing by what other rows say.

-- One row: whether all users are in, the last of service.db's user_changes that is, and which record of the audit was the
-- newest there then: service.db with another one, or without it, is not what this was made of. 0: there was none.
-- And how many rows the tables have that no other row tells of. While not all users are in, nothing of it counts.
CREATE TABLE standing (
    built       INTEGER NOT NULL,
    taken       INTEGER NOT NULL,
    record      INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    request_id  TEXT NOT NULL,
    keys        INTEGER NOT NULL,
    blocks      INTEGER NOT NULL,
    overlay     INTEGER NOT NULL,
    seal        INTEGER NOT NULL
) STRICT;
INSERT INTO standing VALUES (0, 0, 0, 0, '', 0, 0, 0, 0);

-- Attributes by number.
CREATE TABLE keys (
    number  INTEGER PRIMARY KEY,
    key     TEXT NOT NULL UNIQUE,
    seal    INTEGER NOT NULL
) STRICT;

-- Users in byte order of their ids, some thousand a block. Of the attributes that they carry a bit each, by its number, the
-- lowest first: of each there is a column.
CREATE TABLE blocks (
    block       INTEGER PRIMARY KEY,
    first_id    BLOB NOT NULL UNIQUE,
    users       INTEGER NOT NULL,
    attributes  BLOB NOT NULL,
    seal        INTEGER NOT NULL
) STRICT;

-- The ids of a block, in pieces. The place is the block times 4,096, and how many ids of the block come before.
CREATE TABLE ids (
    place  INTEGER PRIMARY KEY,
    ids    BLOB NOT NULL,
    seal   INTEGER NOT NULL
) STRICT;

-- What the users of a block carry of one attribute. The place is the attribute's number times 2^31, and the block: one
-- attribute's columns lie together.
CREATE TABLE columns (
    place  INTEGER PRIMARY KEY,
    codes  BLOB NOT NULL,
    seal   INTEGER NOT NULL
) STRICT;

-- Users that changed since their block was written, and new ones.
CREATE TABLE overlay (
    id          BLOB NOT NULL UNIQUE,
    attributes  BLOB NOT NULL,
    seal        INTEGER NOT NULL
) STRICT;
