-- name: websub_feed
-- What a feed's bytes were when it was last built.
SELECT digest FROM websub_feed WHERE path = :path;

-- name: save_websub_feed
-- Notes what a feed's bytes are; nothing is returned where they are what they were.
INSERT INTO websub_feed (path, digest) VALUES (:path, :digest)
ON CONFLICT (path) DO UPDATE SET digest = excluded.digest WHERE digest <> excluded.digest
RETURNING path;

-- name: ping_hub
-- Has a hub told that a feed has changed.
INSERT INTO websub_target (kind, path, url, secret, since, next_try, attempts, reply)
VALUES ('ping', :path, :url, '', :now, :now, 0, '')
ON CONFLICT (path, kind, url) DO UPDATE SET next_try = excluded.next_try, attempts = 0;

-- name: push_feed
-- Has all subscribers of a feed given its new bytes.
UPDATE websub_target SET next_try = :now, attempts = 0 WHERE path = :path AND kind = 'content';

-- name: push_all
-- Has every hub and every subscriber told again.
UPDATE websub_target SET next_try = :now, attempts = 0;

-- name: deny_subscribers
-- Has all subscribers of a feed that has ended told so.
INSERT INTO websub_request (mode, path, callback, secret, lease, digest, asked_at, next_try, attempts)
SELECT 'denied', path, url, '', 0, '', :now, :now, 0 FROM websub_target WHERE path = :path AND kind = 'content'
ON CONFLICT (path, callback) DO UPDATE SET mode = 'denied', next_try = excluded.next_try, attempts = 0;

-- name: drop_targets
-- Forgets who was told of a feed that has ended.
DELETE FROM websub_target WHERE path = :path;

-- name: drop_feed
-- Forgets a feed that has ended.
DELETE FROM websub_feed WHERE path = :path;

-- name: claim_targets
-- Takes targets that are due until a moment; the moment tells their owner from any later one. Who failed
-- the last time comes last, so that nobody waits for those who hang.
UPDATE websub_target SET next_try = :until
WHERE id IN (SELECT id FROM websub_target WHERE next_try <= :now
             ORDER BY reply <> '' AND reply NOT LIKE '2%', next_try LIMIT :limit)
RETURNING *;

-- name: settle_target
-- Notes what became of an attempt, unless the feed has changed again or somebody else has the target.
UPDATE websub_target SET next_try = :next_try, attempts = :attempts, reply = :reply,
    told_at = coalesce(:told_at, told_at)
WHERE id = :id AND next_try = :claimed;

-- name: remove_target
-- Ends a subscription.
DELETE FROM websub_target WHERE id = :id;

-- name: expire_targets
-- Ends the subscriptions whose lease is over.
DELETE FROM websub_target WHERE expires_at <= :now;

-- name: websub_targets
-- Who is told of changes: hubs and subscribers.
SELECT * FROM websub_target ORDER BY kind DESC, path, id;

-- name: count_subscriptions
-- How many subscriptions our own hub has, and how many requests wait for their confirmation.
SELECT (SELECT count(*) FROM websub_target WHERE kind = 'content') AS subscriptions,
       (SELECT count(*) FROM websub_request) AS requests;

-- name: save_request
-- Notes what a subscriber asks for; what it asked before about the same feed counts no more.
INSERT INTO websub_request (mode, path, callback, secret, lease, digest, asked_at, next_try, attempts)
VALUES (:mode, :path, :callback, :secret, :lease, :digest, :now, :now, 0)
ON CONFLICT (path, callback) DO UPDATE SET mode = excluded.mode, secret = excluded.secret,
    lease = excluded.lease, digest = excluded.digest, asked_at = excluded.asked_at,
    next_try = excluded.next_try, attempts = 0;

-- name: claim_requests
-- Takes requests that are due until a moment; the moment tells their owner from any later one.
UPDATE websub_request SET next_try = :until, attempts = attempts + 1
WHERE id IN (SELECT id FROM websub_request WHERE next_try <= :now ORDER BY next_try LIMIT :limit)
RETURNING *;

-- name: retry_request
-- Puts a request off whose subscriber could not be reached.
UPDATE websub_request SET next_try = :next_try WHERE id = :id AND next_try = :claimed;

-- name: remove_request
-- Ends a request that was answered, unless it was made anew meanwhile.
DELETE FROM websub_request WHERE id = :id AND next_try = :claimed;

-- name: save_subscription
-- A subscriber has confirmed: it is told of changes until its lease ends, and of one since it asked at once.
INSERT INTO websub_target (kind, path, url, secret, since, expires_at, next_try, attempts, reply)
SELECT 'content', path, :callback, :secret, :now, :expires_at, CASE WHEN digest <> :digest THEN :now END, 0, ''
FROM websub_feed WHERE path = :path
ON CONFLICT (path, kind, url) DO UPDATE SET secret = excluded.secret, expires_at = excluded.expires_at;

-- name: remove_subscription
-- A subscriber has confirmed that it wants no more.
DELETE FROM websub_target WHERE path = :path AND kind = 'content' AND url = :callback;
