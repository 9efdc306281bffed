-- What became of releases and editions, so that nobody can tell it differently afterwards; and what each feed held.

CREATE TABLE audit_event (
    id         INTEGER PRIMARY KEY,  -- 1, 2, 3 … without a gap
    at         TEXT NOT NULL,
    kind       TEXT NOT NULL,  -- release.published, edition.sent …, see docs/audit.md
    actor      TEXT NOT NULL,  -- who did it: a person, or a part of pressfeed
    release_id INTEGER,  -- no references: a draft may be deleted, what became of it stays
    edition_id INTEGER,
    details    TEXT NOT NULL,  -- canonical JSON (RFC 8785), an object
    digest     TEXT NOT NULL   -- SHA-256 of all this and of the digest before
) STRICT;
CREATE INDEX audit_event_by_release ON audit_event (release_id, id) WHERE release_id IS NOT NULL;
CREATE INDEX audit_event_by_edition ON audit_event (edition_id, id) WHERE edition_id IS NOT NULL;

CREATE TRIGGER audit_event_stays_as_it_is BEFORE UPDATE ON audit_event
BEGIN SELECT RAISE(ABORT, 'the audit cannot be edited'); END;

CREATE TRIGGER audit_event_stays BEFORE DELETE ON audit_event
BEGIN SELECT RAISE(ABORT, 'the audit cannot be edited'); END;

-- Also keeps INSERT OR REPLACE from taking the place of an event.
CREATE TRIGGER audit_event_comes_last BEFORE INSERT ON audit_event
WHEN NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM audit_event)
BEGIN SELECT RAISE(ABORT, 'the audit is written at its end only'); END;

-- What the feeds of each region and language held when they were last built.
CREATE TABLE feed_entry (
    feed       TEXT NOT NULL,  -- region/language
    release_id INTEGER NOT NULL REFERENCES release (id),
    PRIMARY KEY (feed, release_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX edition_release_by_release ON edition_release (release_id, edition_id);
