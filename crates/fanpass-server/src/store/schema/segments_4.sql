-- Which data folder the file is of: one row, the same in both files, once a start has given the folder its id.
CREATE TABLE folder (
    id  TEXT NOT NULL
) STRICT;
