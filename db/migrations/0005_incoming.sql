-- What comes back: bounces, complaints, replies; where reading a mailbox stopped.

-- One message that came in. What it was about stands here for ever; who wrote it and what, until it is purged.
CREATE TABLE incoming (
    id            INTEGER PRIMARY KEY,
    digest        TEXT NOT NULL UNIQUE,  -- of what came, keyed: the same message counts once
    source        TEXT NOT NULL,         -- lmtp, maildir, imap, webhook or file
    kind          TEXT NOT NULL,         -- see incoming.Kind
    action        TEXT NOT NULL CHECK (action IN ('bounced', 'complained', 'unsubscribed', 'counted', 'noted',
                                                  'ignored', 'kept')),
    received_at   TEXT NOT NULL,
    subscriber_id INTEGER REFERENCES subscriber (id),  -- whom it is about, where that was proved
    delivery_id   INTEGER REFERENCES delivery (id),
    sender        TEXT NOT NULL,
    subject       TEXT NOT NULL,
    detail        TEXT NOT NULL,         -- the server's words, or the first ones of a person
    size          INTEGER NOT NULL,      -- bytes as it came
    raw           BLOB,                  -- zlib; of what an operator has to read
    resolved_at   TEXT                   -- NULL while it waits for an operator
) STRICT;
CREATE INDEX incoming_open ON incoming (id) WHERE resolved_at IS NULL;
CREATE INDEX incoming_by_time ON incoming (received_at);
CREATE INDEX incoming_by_subscriber ON incoming (subscriber_id);

-- That a delivery came back, by mail or while it was handed over: once, whatever is reported how often.
CREATE TABLE bounce (
    delivery_id   INTEGER PRIMARY KEY REFERENCES delivery (id),
    subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
    kind          TEXT NOT NULL,
    status        TEXT NOT NULL,  -- enhanced status code, or the reply code
    source        TEXT NOT NULL,  -- smtp, or as in incoming
    bounced_at    TEXT NOT NULL
) STRICT;
CREATE INDEX bounce_by_subscriber ON bounce (subscriber_id, delivery_id);
CREATE INDEX bounce_by_time ON bounce (bounced_at);

-- Up to where a mailbox on a server has been read (RFC 9051: UIDVALIDITY and UID).
CREATE TABLE mailbox_position (
    mailbox  TEXT PRIMARY KEY,
    validity INTEGER NOT NULL,
    last     INTEGER NOT NULL
) STRICT;
