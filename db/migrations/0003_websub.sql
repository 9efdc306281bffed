-- WebSub: feeds that are pushed, and who is told of their changes. Explained in docs/websub.md.

CREATE TABLE websub_feed (
    path   TEXT PRIMARY KEY,  -- below public/
    digest TEXT NOT NULL      -- of the bytes that the last build gave it
) STRICT, WITHOUT ROWID;

-- A hub that is told that a feed has changed, or a subscriber of our own hub that is given the new bytes.
CREATE TABLE websub_target (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('ping', 'content')),
    path       TEXT NOT NULL REFERENCES websub_feed (path),
    url        TEXT NOT NULL,     -- the hub, or the subscriber's callback
    secret     TEXT NOT NULL,     -- signs what is pushed; '' = not signed
    since      TEXT NOT NULL,
    expires_at TEXT,              -- when the subscription's lease ends; NULL for a hub
    next_try   TEXT,              -- NULL = it has the feed as it is; a build, and whoever claims it, moves it
    attempts   INTEGER NOT NULL,  -- in vain, since it was last told
    told_at    TEXT,
    reply      TEXT NOT NULL,     -- to the last attempt
    UNIQUE (path, kind, url)
) STRICT;
CREATE INDEX websub_target_due ON websub_target (next_try) WHERE next_try IS NOT NULL;
CREATE INDEX websub_target_expiry ON websub_target (expires_at) WHERE expires_at IS NOT NULL;

-- What a subscriber of our own hub asked for and has not confirmed, or must be told: that it is denied.
CREATE TABLE websub_request (
    id       INTEGER PRIMARY KEY,
    mode     TEXT NOT NULL CHECK (mode IN ('subscribe', 'unsubscribe', 'denied')),
    path     TEXT NOT NULL,
    callback TEXT NOT NULL,
    secret   TEXT NOT NULL,
    lease    INTEGER NOT NULL,  -- seconds
    digest   TEXT NOT NULL,     -- of the feed when it was asked for
    asked_at TEXT NOT NULL,
    next_try TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    UNIQUE (path, callback)
) STRICT;
CREATE INDEX websub_request_due ON websub_request (next_try);
