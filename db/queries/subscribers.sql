-- name: add_subscriber
-- Adds a person, or returns nothing where the address is known already.
INSERT INTO subscriber (address, address_key, name, languages, status, token_epoch, provenance, created_at, changed_at)
VALUES (:address, :address_key, :name, :languages, 'active', 0, :provenance, :now, :now)
ON CONFLICT (address_key) DO NOTHING
RETURNING id;

-- name: subscriber_by_address
-- One person by the key of the address.
SELECT * FROM subscriber WHERE address_key = :address_key;

-- name: subscribers
-- Everybody, by number.
SELECT * FROM subscriber ORDER BY id;

-- name: subscribers_of
-- Everybody who subscribes to a bulletin, by number.
SELECT s.* FROM subscription p JOIN subscriber s ON s.id = p.subscriber_id WHERE p.bulletin = :bulletin ORDER BY s.id;

-- name: subscriptions
-- The bulletins of one person.
SELECT bulletin FROM subscription WHERE subscriber_id = :id ORDER BY bulletin;

-- name: update_subscriber
-- Sets a person's name and languages.
UPDATE subscriber SET name = :name, languages = :languages, changed_at = :now WHERE id = :id;

-- name: set_subscriber_status
-- Sets whether a person may be mailed.
UPDATE subscriber SET status = :status, changed_at = :now WHERE id = :id;

-- name: subscribe
-- Links a person to a bulletin.
INSERT INTO subscription (bulletin, subscriber_id, created_at) VALUES (:bulletin, :id, :now)
ON CONFLICT DO NOTHING;

-- name: unsubscribe
-- Ends a person's subscription to a bulletin.
DELETE FROM subscription WHERE bulletin = :bulletin AND subscriber_id = :id;

-- name: suppress
-- Notes that an address must not be mailed again, whatever is imported later.
INSERT INTO suppression (address_hash, reason, since) VALUES (:address_hash, :reason, :now)
ON CONFLICT (address_hash) DO UPDATE SET reason = excluded.reason, since = excluded.since;

-- name: unsuppress
-- Lifts a suppression, on the person's own wish.
DELETE FROM suppression WHERE address_hash = :address_hash;

-- name: suppression
-- Why an address must not be mailed, if it must not.
SELECT reason, since FROM suppression WHERE address_hash = :address_hash;

-- name: subscriber_counts
-- How many people stand in each status.
SELECT status, count(*) AS number FROM subscriber GROUP BY status ORDER BY status;

-- name: subscription_counts
-- How many active people each bulletin has.
SELECT p.bulletin, count(*) AS number
FROM subscription p JOIN subscriber s ON s.id = p.subscriber_id AND s.status = 'active'
GROUP BY p.bulletin ORDER BY p.bulletin;
