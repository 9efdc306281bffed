-- Subscribers in charge: sign-ups and their proof, changes of address, pauses, undo, and the mails about them.

ALTER TABLE subscriber ADD COLUMN paused_until TEXT;  -- no mail before then, on the person's own wish

-- What people were told when they asked for mail, as it stood on the page.
CREATE TABLE wording (
    digest TEXT PRIMARY KEY,
    text   TEXT NOT NULL
) STRICT;

-- Somebody asked for mail. The address is blank once it is confirmed, too old, or a repetition.
CREATE TABLE signup (
    id           INTEGER PRIMARY KEY,
    address_hash TEXT NOT NULL,  -- keyed, as in suppression
    network      TEXT NOT NULL,  -- keyed hash of the asker's network: what the limits count
    asked_from   TEXT NOT NULL,  -- the same network, shortened: part of the proof of consent
    asked_at     TEXT NOT NULL,
    address      TEXT NOT NULL,
    name         TEXT NOT NULL,
    language     TEXT NOT NULL,  -- of the page
    languages    TEXT NOT NULL,  -- JSON list, the preferred one first
    bulletins    TEXT NOT NULL,  -- JSON list
    wording      TEXT NOT NULL REFERENCES wording (digest),
    confirmed_at TEXT
) STRICT;
CREATE INDEX signup_by_network ON signup (network, asked_at);
CREATE INDEX signup_by_time ON signup (asked_at);
CREATE INDEX signup_by_address ON signup (address_hash, asked_at);

-- The proof that somebody wanted what they get.
CREATE TABLE consent (
    id             INTEGER PRIMARY KEY,
    subscriber_id  INTEGER NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    bulletins      TEXT NOT NULL,  -- JSON list
    asked_at       TEXT NOT NULL,
    asked_from     TEXT NOT NULL,
    confirmed_at   TEXT NOT NULL,
    confirmed_from TEXT NOT NULL,
    wording        TEXT NOT NULL REFERENCES wording (digest)
) STRICT;
CREATE INDEX consent_by_subscriber ON consent (subscriber_id);

-- A subscriber wants to be reached elsewhere: it happens when both mailboxes have said yes.
CREATE TABLE address_change (
    id            INTEGER PRIMARY KEY,
    subscriber_id INTEGER NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    address       TEXT NOT NULL,  -- the new one
    asked_at      TEXT NOT NULL,
    old_agreed_at TEXT,
    new_agreed_at TEXT,
    settled_at    TEXT            -- done, replaced by a later one, or too old
) STRICT;
CREATE INDEX address_change_by_subscriber ON address_change (subscriber_id);
CREATE INDEX address_change_open ON address_change (asked_at) WHERE settled_at IS NULL;

-- Somebody left, and may take it back for a while. The bulletin is '' where it was everything.
CREATE TABLE leaving (
    id            INTEGER PRIMARY KEY,
    subscriber_id INTEGER NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    bulletin      TEXT NOT NULL,
    left_at       TEXT NOT NULL,
    undone_at     TEXT
) STRICT;
CREATE INDEX leaving_by_subscriber ON leaving (subscriber_id, left_at);
CREATE INDEX leaving_by_time ON leaving (left_at);

-- A mail to one person about their subscription, not a bulletin. Who claims it moves next_try on: a sender that
-- dies leaves it due again.
CREATE TABLE letter (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL CHECK (kind IN ('confirm', 'new-address', 'old-address')),
    about        INTEGER NOT NULL,  -- the sign-up, or the change of address
    address_hash TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'failed', 'cancelled')),
    owner        TEXT NOT NULL,
    attempts     INTEGER NOT NULL,
    next_try     TEXT NOT NULL,
    message_id   TEXT NOT NULL,     -- the same on every attempt
    reply        TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    settled_at   TEXT
) STRICT;
CREATE INDEX letter_due ON letter (next_try) WHERE state = 'pending';
CREATE INDEX letter_by_address ON letter (address_hash, created_at);
CREATE INDEX letter_by_time ON letter (created_at);
CREATE INDEX letter_about ON letter (kind, about);
