-- The editorial life of a release: who changed what, corrections and withdrawals that reach those who were sent the
-- older text, and people who may read ahead of an embargo.

ALTER TABLE release_version ADD COLUMN author TEXT NOT NULL DEFAULT '';  -- who recorded it

-- That a release which people have was corrected, withdrawn, or told in a further language.
CREATE TABLE notice (
    id         INTEGER PRIMARY KEY,
    release_id INTEGER NOT NULL REFERENCES release (id),
    version    INTEGER NOT NULL,  -- what the release said from then on
    kind       TEXT NOT NULL CHECK (kind IN ('correction', 'withdrawal', 'translation')),
    notify     TEXT NOT NULL CHECK (notify IN ('now', 'next', 'none')),
    notes      TEXT NOT NULL,     -- JSON map: language -> the press office's public words
    reason     TEXT NOT NULL,     -- for the record
    author     TEXT NOT NULL,
    made_at    TEXT NOT NULL,
    spread     TEXT NOT NULL CHECK (spread IN ('yes', 'no')),  -- 'no': who is owed it is not all noted yet
    UNIQUE (release_id, version, kind)
) STRICT;

-- That this person is told of it: the primary key makes "once" true.
CREATE TABLE notice_reader (
    subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
    notice_id     INTEGER NOT NULL REFERENCES notice (id),
    was           INTEGER NOT NULL,  -- the version that they have
    delivery_id   INTEGER REFERENCES delivery (id),  -- what brings it; NULL = their next bulletin will
    PRIMARY KEY (subscriber_id, notice_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_unfinished ON notice (id) WHERE spread = 'no';
CREATE INDEX notice_reader_owed ON notice_reader (subscriber_id) WHERE delivery_id IS NULL;
CREATE INDEX notice_reader_by_notice ON notice_reader (notice_id, delivery_id);

ALTER TABLE edition ADD COLUMN kind TEXT NOT NULL DEFAULT 'regular'
    CHECK (kind IN ('regular', 'advance', 'correction', 'withdrawal', 'translation'));
ALTER TABLE edition ADD COLUMN notice_id INTEGER REFERENCES notice (id);  -- what such an edition is about

CREATE INDEX edition_by_notice ON edition (notice_id) WHERE notice_id IS NOT NULL;

ALTER TABLE variant ADD COLUMN notices TEXT NOT NULL DEFAULT '[]';  -- JSON list of [notice id, version they have]

-- Who may read embargoed releases of a region, and of those below it, ahead. A new grant ends the one before.
CREATE TABLE accreditation (
    id            INTEGER PRIMARY KEY,
    subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
    region        TEXT NOT NULL,
    given_at      TEXT NOT NULL,
    given_by      TEXT NOT NULL,
    until         TEXT NOT NULL,
    ended_at      TEXT,  -- revoked, or replaced by a newer one
    ended_by      TEXT
) STRICT;
CREATE INDEX accreditation_by_subscriber ON accreditation (subscriber_id, region);
CREATE UNIQUE INDEX accreditation_current ON accreditation (region, subscriber_id) WHERE ended_at IS NULL;
