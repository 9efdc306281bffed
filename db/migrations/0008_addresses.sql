-- What feeds need to know of a release without reading it, and what addresses were promised to readers.

ALTER TABLE release ADD COLUMN topics TEXT NOT NULL DEFAULT '[]';  -- JSON list, as in the current version
UPDATE release SET topics = coalesce(
    (SELECT json_extract(v.content, '$.topics') FROM release_version v
     WHERE v.release_id = release.id AND v.version = release.version), '[]');

-- Where a public release was found before its slug or language changed: it leads to the release for ever.
CREATE TABLE former_address (
    language   TEXT NOT NULL,
    slug       TEXT NOT NULL,
    release_id INTEGER NOT NULL REFERENCES release (id),
    left_at    TEXT NOT NULL,
    PRIMARY KEY (language, slug)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_address_by_release ON former_address (release_id);

-- The archive documents of feeds (RFC 5005): once written, what one holds never changes.
CREATE TABLE feed_archive (
    feed     TEXT NOT NULL,  -- the path of the feed's folder
    number   INTEGER NOT NULL,
    releases TEXT NOT NULL,  -- JSON list of numbers, oldest first
    PRIMARY KEY (feed, number)
) STRICT, WITHOUT ROWID;

-- Feeds and pages that were there once and have ended.
CREATE TABLE gone_address (
    path     TEXT PRIMARY KEY,
    left_at  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
