-- Which data folder the file is of: one row, the same in both files, once a start has given the folder its id.
CREATE TABLE folder (
    id  TEXT NOT NULL
) STRICT;

-- The signing keys in use: another key in the file of one is told by its thumbprint.
CREATE TABLE keys (
    name        TEXT PRIMARY KEY,
    thumbprint  TEXT NOT NULL   -- SHA-256 of the key, lower-case hexadecimal
) STRICT, WITHOUT ROWID;
