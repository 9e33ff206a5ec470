-- Which data folder the file is of: one row, the same in both files, once a start has given the folder its id.
CREATE TABLE folder (
    id  TEXT NOT NULL
) STRICT;

-- How many blocks a list has that a version names: one that has lost some would be read as a shorter one.
ALTER TABLE lists ADD COLUMN blocks INTEGER;
UPDATE lists SET blocks = (SELECT count(*) FROM blocks WHERE blocks.list = lists.list)
    WHERE EXISTS (SELECT 1 FROM versions WHERE base = list OR added = list OR removed = list);
