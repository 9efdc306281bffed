-- name: departed
-- People who have left everything and whose address is still known, from after a number.
SELECT s.id FROM subscriber s
WHERE s.id > :after AND s.address <> '(forgotten)'
  AND (s.status <> 'active' AND s.changed_at <= :before
       OR s.status = 'active'
          AND EXISTS (SELECT 1 FROM subscription p WHERE p.subscriber_id = s.id)
          AND NOT EXISTS (SELECT 1 FROM subscription p
                          WHERE p.subscriber_id = s.id AND (p.ended_at IS NULL OR p.ended_at > :before)))
ORDER BY s.id LIMIT :limit;

-- name: purge_consents
-- The proof of consent of people who have left.
DELETE FROM consent WHERE subscriber_id IN
    (SELECT s.id FROM subscriber s WHERE s.status <> 'active' AND s.changed_at <= :before);

-- name: purge_address_changes
-- The addresses that changes were about, once those are over.
UPDATE address_change SET address = '' WHERE settled_at <= :before AND address <> '';

-- name: purge_incoming
-- Who wrote what: the row stays, so that the same message never counts twice.
UPDATE incoming SET sender = '', subject = '', detail = '', raw = NULL, resolved_at = coalesce(resolved_at, :now)
WHERE received_at <= :before AND (sender <> '' OR subject <> '' OR detail <> '' OR raw IS NOT NULL);

-- name: purge_incoming_raw
-- Messages that were kept as they came.
UPDATE incoming SET raw = NULL WHERE received_at <= :before AND raw IS NOT NULL;

-- name: forget_incoming
-- What came in from or about one person.
UPDATE incoming SET sender = '', subject = '', detail = '', raw = NULL, resolved_at = coalesce(resolved_at, :now)
WHERE id IN (SELECT cast(i.value AS bigint) FROM json_each(:ids) i);

-- name: incoming_senders
-- Who wrote, as far as it is still known.
SELECT id, sender, subscriber_id FROM incoming WHERE sender <> '' OR subscriber_id = :subscriber;

-- name: editions_before
-- Editions that were planned long ago, from after a number, and whether anything of them may still change.
SELECT id, state IN ('sent', 'skipped', 'cancelled') AS settled FROM edition
WHERE id > :after AND planned_at <= :before ORDER BY id;

-- name: purge_replies
-- What servers said about one edition's deliveries: they repeat addresses.
UPDATE delivery SET reply = '' WHERE edition_id = :edition AND settled_at <= :before AND reply <> '';

-- name: provenance
-- Where a person's address came from.
SELECT provenance FROM subscriber WHERE id = :id;

-- name: chosen_at
-- When a person last chose themselves what they get.
SELECT chosen_at FROM subscriber WHERE id = :id;
