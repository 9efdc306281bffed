-- name: add_subscriber
-- Adds a person, or returns nothing where the address is known already.
INSERT INTO subscriber (address, address_key, name, languages, status, token_epoch, provenance, created_at, changed_at)
VALUES (:address, :address_key, :name, :languages, 'active', 0, :provenance, :now, :now)
ON CONFLICT (address_key) DO NOTHING
RETURNING id;

-- name: subscriber_by_address
-- One person by the key of the address.
SELECT * FROM subscriber WHERE address_key = :address_key;

-- name: subscriber
-- One person by number.
SELECT * FROM subscriber WHERE id = :id;

-- name: subscribers
-- Everybody, by number.
SELECT * FROM subscriber ORDER BY id;

-- name: subscribers_of
-- Everybody who subscribes to a bulletin, by number.
SELECT s.* FROM subscription p JOIN subscriber s ON s.id = p.subscriber_id
WHERE p.bulletin = :bulletin AND p.ended_at IS NULL ORDER BY s.id;

-- name: subscriptions
-- The bulletins of one person.
SELECT bulletin FROM subscription WHERE subscriber_id = :id AND ended_at IS NULL ORDER BY bulletin;

-- name: subscriptions_ended
-- The bulletins that one person has left.
SELECT bulletin FROM subscription WHERE subscriber_id = :id AND ended_at IS NOT NULL;

-- name: update_subscriber
-- Sets a person's name and languages.
UPDATE subscriber SET name = :name, languages = :languages, changed_at = :now WHERE id = :id;

-- name: note_choice
-- A person decided themselves what they get.
UPDATE subscriber SET chosen_at = :now WHERE id = :id;

-- name: set_subscriber_status
-- Sets whether a person may be mailed.
UPDATE subscriber SET status = :status, changed_at = :now WHERE id = :id;

-- name: subscribe
-- Links a person to a bulletin, unless the person has left it before.
INSERT INTO subscription (bulletin, subscriber_id, created_at) VALUES (:bulletin, :id, :now)
ON CONFLICT DO NOTHING;

-- name: resubscribe
-- Brings a person back to a bulletin, on their own wish.
UPDATE subscription SET ended_at = NULL WHERE bulletin = :bulletin AND subscriber_id = :id;

-- name: unsubscribe
-- Ends a person's subscription to a bulletin; that they left is kept.
UPDATE subscription SET ended_at = :now
WHERE bulletin = :bulletin AND subscriber_id = :id AND ended_at IS NULL;

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

-- name: suppressions_among
-- Which of these addresses must not be mailed, and why.
SELECT s.address_hash, s.reason, s.since FROM json_each(:hashes) h JOIN suppression s ON s.address_hash = h.value;

-- name: subscriber_counts
-- How many people stand in each status.
SELECT status, count(*) AS number FROM subscriber GROUP BY status ORDER BY status;

-- name: subscription_counts
-- How many active people each bulletin has.
SELECT p.bulletin, count(*) AS number
FROM subscription p JOIN subscriber s ON s.id = p.subscriber_id AND s.status = 'active'
WHERE p.ended_at IS NULL
GROUP BY p.bulletin ORDER BY p.bulletin;

-- name: suppressions_exist
-- Whether any address is suppressed.
SELECT 1 FROM suppression LIMIT 1;

-- name: subscribers_by_address
-- Those people of a list of address keys that are known.
SELECT s.* FROM json_each(:keys) k JOIN subscriber s ON s.address_key = k.value;

-- name: numbers_by_address
-- The numbers of a list of people.
SELECT s.id, s.address_key FROM json_each(:keys) k JOIN subscriber s ON s.address_key = k.value;

-- name: subscriptions_of_all
-- The bulletins of several people, those that they have left too.
SELECT p.subscriber_id, p.bulletin, p.ended_at FROM json_each(:ids) i
JOIN subscription p ON p.subscriber_id = cast(i.value AS bigint);

-- name: import_subscriber
-- Adds one person of many, unless the address is known already.
INSERT INTO subscriber (address, address_key, name, languages, status, token_epoch, provenance, created_at, changed_at)
VALUES (?, ?, ?, ?, 'active', 0, ?, ?, ?)
ON CONFLICT (address_key) DO NOTHING;

-- name: import_change
-- Sets the name and languages of one person of many.
UPDATE subscriber SET name = ?, languages = ?, changed_at = ? WHERE id = ?;

-- name: import_subscription
-- Links one person of many to a bulletin.
INSERT INTO subscription (bulletin, subscriber_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING;
