-- The editorial life of a release: who changed what, corrections and withdrawals that reach those who were sent the
-- older text, and people who may read ahead of an embargo.

ALTER TABLE release_version ADD COLUMN author TEXT NOT NULL DEFAULT '';  -- who recorded it
ALTER TABLE release ADD COLUMN shown_version INTEGER;  -- what everybody could see before its last change; NULL = nothing

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
    version       INTEGER NOT NULL,  -- the version that it brings
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

-- JSON list of [notice id, version they have, version it brings]
ALTER TABLE variant ADD COLUMN notices TEXT NOT NULL DEFAULT '[]';
CREATE INDEX variant_with_notices ON variant (edition_id) WHERE notices <> '[]';

-- Who was sent which release, or may have been: by which bulletin, and the newest version that reached them.
CREATE VIEW holder AS
SELECT o.id AS release_id, i.subscriber_id, e.bulletin, s.languages, s.status,
       coalesce((SELECT max(n.version) FROM notice c
                 JOIN notice_reader n ON n.notice_id = c.id AND n.subscriber_id = i.subscriber_id
                 JOIN delivery b ON b.id = n.delivery_id AND b.state = 'sent'
                 WHERE c.release_id = o.id
                   AND n.version > CASE WHEN i.release_id = o.id THEN i.version ELSE t.version END),
                CASE WHEN i.release_id = o.id THEN i.version ELSE t.version END) AS version
FROM release o
JOIN item i ON i.story_id = o.story_id
-- Who was given the story in another language has this one if they were told later that there is one.
LEFT JOIN notice_reader t ON i.release_id <> o.id AND t.subscriber_id = i.subscriber_id
  AND t.notice_id IN (SELECT x.id FROM notice x WHERE x.release_id = o.id AND x.kind = 'translation')
JOIN delivery d ON d.id = CASE WHEN i.release_id = o.id THEN i.delivery_id ELSE t.delivery_id END
  AND d.state IN ('sending', 'sent', 'unknown')
JOIN edition e ON e.id = d.edition_id
JOIN subscriber s ON s.id = i.subscriber_id;

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
