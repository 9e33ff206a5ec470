-- An import's stage takes the place of its state, which the schema could not extend.
ALTER TABLE imports ADD COLUMN stage TEXT NOT NULL DEFAULT 'received'
    CHECK (stage IN ('received', 'validating', 'applying', 'published', 'failed', 'cancelled'));
ALTER TABLE imports ADD COLUMN mode TEXT NOT NULL DEFAULT 'replace'
    CHECK (mode IN ('replace', 'append', 'remove', 'rollback', 'delete'));
ALTER TABLE imports ADD COLUMN changed INTEGER;      -- members added or removed; NULL unless the mode adds or removes
ALTER TABLE imports ADD COLUMN estimated_at INTEGER; -- when it will presumably end; NULL while nobody can tell

DROP INDEX imports_unfinished;
UPDATE imports SET stage = CASE state
    WHEN 'pending' THEN 'received' WHEN 'processing' THEN 'validating' WHEN 'completed' THEN 'published' ELSE 'failed' END;
ALTER TABLE imports DROP COLUMN state;
CREATE INDEX imports_unfinished ON imports (sequence) WHERE stage IN ('received', 'validating', 'applying');
CREATE INDEX imports_by_segment ON imports (segment, sequence);
CREATE INDEX imports_by_end ON imports (completed_at) WHERE completed_at IS NOT NULL;

-- A list is a run of sorted ids, in blocks. Those that no version names are being written, or being deleted.
ALTER TABLE versions RENAME TO lists;
ALTER TABLE lists RENAME COLUMN version TO list;
ALTER TABLE blocks RENAME COLUMN version TO list;

-- A version is what an import made of its segment: the members of `base` without those of `removed`, and those of `added`.
-- `removed` is a part of `base`, `added` has nothing of it.
CREATE TABLE versions (
    import        INTEGER PRIMARY KEY REFERENCES imports (sequence),
    segment       TEXT NOT NULL,
    base          INTEGER NOT NULL REFERENCES lists (list),
    added         INTEGER REFERENCES lists (list),
    removed       INTEGER REFERENCES lists (list),
    members       INTEGER NOT NULL,
    published_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX versions_by_segment ON versions (segment, import);
CREATE INDEX versions_by_base ON versions (base);
CREATE INDEX versions_by_added ON versions (added) WHERE added IS NOT NULL;
CREATE INDEX versions_by_removed ON versions (removed) WHERE removed IS NOT NULL;

INSERT INTO versions (import, segment, base, members, published_at)
    SELECT import, name, version, members, updated_at FROM segments;

CREATE TABLE served (
    name    TEXT PRIMARY KEY,
    import  INTEGER NOT NULL UNIQUE REFERENCES versions (import)
) STRICT, WITHOUT ROWID;
INSERT INTO served (name, import) SELECT name, import FROM segments;
DROP TABLE segments;
ALTER TABLE served RENAME TO segments;
