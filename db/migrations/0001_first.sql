-- The first schema. Times are UTC text of fixed width (2026-11-22T07:00:00.000000Z), lists and maps JSON text,
-- states text: the common dialect of SQLite and PostgreSQL. Every table is explained in docs/glossary.md.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Releases -------------------------------------------------------------------------------------------

CREATE TABLE story (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE release (
    id            INTEGER PRIMARY KEY,
    uid           TEXT NOT NULL UNIQUE,
    story_id      INTEGER NOT NULL REFERENCES story (id),
    language      TEXT NOT NULL,
    slug          TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('draft', 'scheduled', 'published', 'corrected', 'withdrawn')),
    version       INTEGER NOT NULL,
    headline      TEXT NOT NULL,
    regions       TEXT NOT NULL,  -- JSON list of slugs, as in release_region
    source        TEXT NOT NULL,
    archive       TEXT NOT NULL CHECK (archive IN ('yes', 'no')),
    edited        TEXT NOT NULL,  -- JSON list of the fields that an operator set: a later import leaves them alone
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    published_at  TEXT,
    embargo_until TEXT,
    public_since  TEXT,  -- when it was first stored as published, whatever date it bears: what alerts go by
    UNIQUE (language, slug)
) STRICT;
CREATE INDEX release_by_story ON release (story_id);
CREATE INDEX release_by_publication ON release (published_at);
CREATE INDEX release_by_embargo ON release (embargo_until) WHERE embargo_until IS NOT NULL;
CREATE INDEX release_by_arrival ON release (public_since);

CREATE TABLE release_version (
    release_id  INTEGER NOT NULL REFERENCES release (id),
    version     INTEGER NOT NULL,
    recorded_at TEXT NOT NULL,
    reason      TEXT NOT NULL,
    content     TEXT NOT NULL,  -- JSON, see store.codec
    PRIMARY KEY (release_id, version)
) STRICT;

CREATE TABLE release_region (
    region     TEXT NOT NULL,
    release_id INTEGER NOT NULL REFERENCES release (id),
    PRIMARY KEY (region, release_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX release_region_by_release ON release_region (release_id);

-- Intake ---------------------------------------------------------------------------------------------

CREATE TABLE document (
    key         TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,  -- of its bytes and of what the operator said about it
    imported_at TEXT NOT NULL
) STRICT;

CREATE TABLE reading (
    key          TEXT PRIMARY KEY,
    document_key TEXT NOT NULL REFERENCES document (key),
    release_id   INTEGER REFERENCES release (id),  -- NULL once an operator has deleted the release
    content_hash TEXT NOT NULL
) STRICT;
CREATE INDEX reading_by_release ON reading (release_id);
CREATE INDEX reading_by_content ON reading (content_hash);

CREATE TABLE rejected_document (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    reason      TEXT NOT NULL,
    raw         BLOB NOT NULL,  -- zlib-compressed, so that nothing that arrived is lost
    size        INTEGER NOT NULL,
    rejected_at TEXT NOT NULL,
    digest      TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE intake_memory (
    source TEXT PRIMARY KEY,
    data   TEXT NOT NULL  -- JSON, see intake.Memory
) STRICT;

-- Subscribers ----------------------------------------------------------------------------------------

CREATE TABLE subscriber (
    id          INTEGER PRIMARY KEY,
    address     TEXT NOT NULL,         -- as mail is sent to it
    address_key TEXT NOT NULL UNIQUE,  -- case-folded in Python: one person, one row
    name        TEXT NOT NULL,
    languages   TEXT NOT NULL,  -- JSON list, the preferred one first
    status      TEXT NOT NULL CHECK (status IN ('active', 'unsubscribed', 'bounced', 'complained')),
    token_epoch INTEGER NOT NULL,  -- raising it revokes every link that this subscriber was sent
    provenance  TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    changed_at  TEXT NOT NULL
) STRICT;

CREATE TABLE subscription (
    bulletin      TEXT NOT NULL,
    subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
    created_at    TEXT NOT NULL,
    ended_at      TEXT,  -- unsubscribed: the row stays, so that a later import does not bring the person back
    PRIMARY KEY (bulletin, subscriber_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscription_by_subscriber ON subscription (subscriber_id);

CREATE TABLE suppression (
    address_hash TEXT PRIMARY KEY,  -- HMAC of the normalised address: outlives the subscriber
    reason       TEXT NOT NULL,
    since        TEXT NOT NULL
) STRICT;

-- Editions and the ledger ----------------------------------------------------------------------------

CREATE TABLE edition (
    id         INTEGER PRIMARY KEY,
    uid        TEXT NOT NULL UNIQUE,
    bulletin   TEXT NOT NULL,
    slot       TEXT NOT NULL,  -- local wall time as written: whoever inserts the row runs the slot
    state      TEXT NOT NULL CHECK (state IN ('awaiting', 'approved', 'held', 'planning', 'planned', 'paused',
                                              'sent', 'skipped', 'cancelled')),
    due_at     TEXT NOT NULL,  -- when the slot is, in UTC
    stands_for TEXT NOT NULL,  -- JSON list of the slots as written that were moved here or are made up for
    planned_at TEXT NOT NULL,
    planned_through INTEGER NOT NULL,  -- the last subscriber whose delivery is reserved: planning goes on from there
    waiting    INTEGER NOT NULL,  -- stories that did not fit and wait for the next edition
    reason     TEXT NOT NULL,  -- why it was skipped, held, paused or cancelled
    UNIQUE (bulletin, slot)
) STRICT;
CREATE INDEX edition_by_state ON edition (state, id);
CREATE INDEX edition_by_due ON edition (bulletin, due_at);

CREATE TABLE edition_story (
    edition_id INTEGER NOT NULL REFERENCES edition (id),
    story_id   INTEGER NOT NULL REFERENCES story (id),
    bulletin   TEXT NOT NULL,
    position   INTEGER NOT NULL,
    told       TEXT NOT NULL CHECK (told IN ('yes', 'no')),  -- 'no': held, called off, or told again by a later one
    PRIMARY KEY (edition_id, story_id)
) STRICT, WITHOUT ROWID;
-- A bulletin tells a story in one edition only: this says so.
CREATE UNIQUE INDEX edition_story_told ON edition_story (bulletin, story_id) WHERE told = 'yes';

-- Who approved an edition that goes out only then.
CREATE TABLE approval (
    edition_id INTEGER NOT NULL REFERENCES edition (id),
    name_key   TEXT NOT NULL,  -- the name, case-folded in Python: one person approves once
    name       TEXT NOT NULL,
    given_at   TEXT NOT NULL,
    PRIMARY KEY (edition_id, name_key)
) STRICT, WITHOUT ROWID;

-- The translations that the edition froze, each in its version.
CREATE TABLE edition_release (
    edition_id INTEGER NOT NULL REFERENCES edition (id),
    release_id INTEGER NOT NULL REFERENCES release (id),
    version    INTEGER NOT NULL,
    PRIMARY KEY (edition_id, release_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE variant (
    id         INTEGER PRIMARY KEY,
    edition_id INTEGER NOT NULL REFERENCES edition (id),
    key        TEXT NOT NULL,
    language   TEXT NOT NULL,
    releases   TEXT NOT NULL,  -- JSON list of [release id, version], in order
    UNIQUE (edition_id, key)
) STRICT;

CREATE TABLE delivery (
    id            INTEGER PRIMARY KEY,
    edition_id    INTEGER NOT NULL REFERENCES edition (id),
    subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
    variant_id    INTEGER NOT NULL REFERENCES variant (id),
    state         TEXT NOT NULL CHECK (state IN
                      ('pending', 'claimed', 'sending', 'sent', 'failed', 'unknown', 'cancelled')),
    owner         TEXT NOT NULL,
    lease_until   TEXT,  -- while claimed or sending
    attempts      INTEGER NOT NULL,
    first_try     TEXT,  -- when the first attempt began: what give_up_after counts from
    next_try      TEXT NOT NULL,
    message_id    TEXT NOT NULL,  -- the same on every attempt
    reply         TEXT NOT NULL,  -- the server's words, or why not
    settled_at    TEXT,
    UNIQUE (edition_id, subscriber_id)
) STRICT;
CREATE INDEX delivery_due ON delivery (edition_id, next_try, id) WHERE state = 'pending';
CREATE INDEX delivery_leased ON delivery (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX delivery_in_doubt ON delivery (id) WHERE state = 'unknown';
CREATE INDEX delivery_given_up ON delivery (settled_at) WHERE state IN ('failed', 'cancelled');
CREATE INDEX delivery_by_subscriber ON delivery (subscriber_id);

-- That this person has been given this story: the primary key makes "never twice" true.
CREATE TABLE item (
    subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
    story_id      INTEGER NOT NULL REFERENCES story (id),
    delivery_id   INTEGER NOT NULL REFERENCES delivery (id),
    release_id    INTEGER NOT NULL REFERENCES release (id),
    version       INTEGER NOT NULL,
    PRIMARY KEY (subscriber_id, story_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_by_delivery ON item (delivery_id);
CREATE INDEX item_by_story ON item (story_id, subscriber_id);

-- The scheduler --------------------------------------------------------------------------------------

-- What the scheduler knows of a bulletin: what lies before decided_through is run, or recorded as skipped.
CREATE TABLE agenda (
    bulletin        TEXT PRIMARY KEY,
    first_seen      TEXT NOT NULL,  -- it owes nothing from before that
    decided_through TEXT NOT NULL,
    definition      TEXT NOT NULL   -- the lines of the schedule that say when, to see that they were changed
) STRICT;

CREATE TABLE heartbeat (
    part TEXT PRIMARY KEY,  -- scheduler, worker
    at   TEXT NOT NULL,
    note TEXT NOT NULL      -- which process
) STRICT;

-- What an operator must know. The same trouble is one incident until it is over.
CREATE TABLE incident (
    id            INTEGER PRIMARY KEY,
    key           TEXT NOT NULL,
    text          TEXT NOT NULL,
    opened_at     TEXT NOT NULL,
    closed_at     TEXT,
    told_at       TEXT,  -- when the operators' mail was handed over, or it was over too soon to tell
    telling_until TEXT   -- who mails it now has time until then
) STRICT;
CREATE UNIQUE INDEX incident_open ON incident (key) WHERE closed_at IS NULL;
CREATE INDEX incident_untold ON incident (id) WHERE told_at IS NULL;

-- Outputs --------------------------------------------------------------------------------------------

CREATE TABLE output (
    path TEXT PRIMARY KEY,
    key  TEXT NOT NULL,
    size INTEGER NOT NULL
) STRICT;
