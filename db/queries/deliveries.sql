-- name: editions_with_due
-- The editions that have something to send now.
SELECT e.id FROM edition e
WHERE e.state = 'planned'
  AND EXISTS (SELECT 1 FROM delivery d WHERE d.edition_id = e.id AND d.state = 'pending' AND d.next_try <= :now)
ORDER BY e.id;

-- name: due_count
-- How many deliveries could be claimed now.
SELECT count(*) FROM edition e
JOIN delivery d ON d.edition_id = e.id AND d.state = 'pending' AND d.next_try <= :now
WHERE e.state = 'planned';

-- name: claim
-- Takes some due deliveries of an edition for an owner, in one statement; returns what sending them needs.
UPDATE delivery
SET state = 'claimed', owner = :owner, lease_until = :lease_until
WHERE id IN (SELECT id FROM delivery
             WHERE edition_id = :edition AND state = 'pending' AND next_try <= :now
             ORDER BY next_try, id LIMIT :limit)
RETURNING id, edition_id, subscriber_id, variant_id, attempts, message_id,
    (SELECT s.address FROM subscriber s WHERE s.id = subscriber_id) AS address,
    (SELECT s.name FROM subscriber s WHERE s.id = subscriber_id) AS name,
    (SELECT s.token_epoch FROM subscriber s WHERE s.id = subscriber_id) AS token_epoch;

-- name: mark_sending
-- Just before contents go out: only who still owns the claims may go on, and only to people who want mail now.
UPDATE delivery
SET state = 'sending', attempts = attempts + 1, first_try = coalesce(first_try, :now)
FROM json_each(:claims) c  -- [[id, attempts, variant], …]: what was planned may have changed since it was claimed
WHERE delivery.id = cast(json_extract(c.value, '$[0]') AS bigint)
  AND delivery.attempts = cast(json_extract(c.value, '$[1]') AS bigint)
  AND delivery.variant_id = cast(json_extract(c.value, '$[2]') AS bigint)
  AND delivery.state = 'claimed' AND delivery.owner = :owner
  AND EXISTS (SELECT 1 FROM subscriber s WHERE s.id = delivery.subscriber_id AND s.status = 'active'
              AND (s.paused_until IS NULL OR s.paused_until <= :now))
  AND EXISTS (SELECT 1 FROM edition e WHERE e.id = delivery.edition_id AND e.state = 'planned')
RETURNING id;

-- name: mark_sent
-- The server has them. A late owner may still say so while no newer attempt has begun.
UPDATE delivery
SET state = 'sent', reply = json_extract(c.value, '$[2]'), settled_at = :now, lease_until = NULL
FROM json_each(:sent) c  -- [[id, attempts, reply], …]
WHERE delivery.id = cast(json_extract(c.value, '$[0]') AS bigint)
  AND delivery.attempts = cast(json_extract(c.value, '$[1]') AS bigint)
  AND delivery.state IN ('sending', 'unknown', 'pending', 'claimed');

-- name: mark_failed
-- The server will never have it; the reason is kept.
UPDATE delivery
SET state = 'failed', reply = :reply, settled_at = :now, lease_until = NULL, first_try = coalesce(first_try, :now)
WHERE id = :id AND owner = :owner AND attempts = :attempts AND state = :state;

-- name: mark_deferred
-- Not now: it waits for its next try.
UPDATE delivery
SET state = 'pending', reply = :reply, next_try = :next_try, lease_until = NULL,
    first_try = coalesce(first_try, :now),
    attempts = attempts + CASE WHEN state = 'claimed' THEN 1 ELSE 0 END  -- an attempt that ended before the content
WHERE id = :id AND owner = :owner AND attempts = :attempts AND state = :state;

-- name: mark_unsent
-- Nothing happened to this recipient: it is due again, and the attempt that was begun is taken back.
UPDATE delivery
SET state = 'pending', next_try = :next_try, lease_until = NULL,
    attempts = attempts - CASE WHEN state = 'sending' THEN 1 ELSE 0 END,
    first_try = CASE WHEN state = 'sending' AND attempts = 1 THEN NULL ELSE first_try END
WHERE id = :id AND owner = :owner AND attempts = :attempts AND state = :state;

-- name: cancel_unwanted
-- The person has gone, or wants a pause, since this was planned: it is called off.
UPDATE delivery
SET state = 'cancelled', settled_at = :now, lease_until = NULL,
    reply = (SELECT 'called off: ' || CASE s.status WHEN 'active' THEN 'paused by the subscriber' ELSE s.status END
             FROM subscriber s WHERE s.id = subscriber_id)
WHERE id = :id AND owner = :owner AND attempts = :attempts AND state = 'claimed'
  AND NOT EXISTS (SELECT 1 FROM subscriber s WHERE s.id = subscriber_id AND s.status = 'active'
                  AND (s.paused_until IS NULL OR s.paused_until <= :now));

-- name: mark_unknown
-- In doubt: the connection broke between the content and its reply.
UPDATE delivery
SET state = 'unknown', reply = :reply, lease_until = NULL
WHERE id = :id AND owner = :owner AND attempts = :attempts AND state = 'sending';

-- name: first_try
-- When the first attempt at a delivery began, and how many there were.
SELECT first_try, attempts FROM delivery WHERE id = :id;

-- name: renew_leases
-- The heartbeat of a sender: everything that it holds is still its own.
UPDATE delivery SET lease_until = :lease_until
WHERE owner = :owner AND state IN ('claimed', 'sending') AND lease_until IS NOT NULL;

-- name: release_claims
-- A sender that stops gives back what it has not begun.
UPDATE delivery SET state = 'pending', lease_until = NULL
WHERE owner = :owner AND state = 'claimed' AND lease_until IS NOT NULL;

-- name: leases
-- Who holds what until when: a sender that lives moves its lease on.
SELECT owner, lease_until, count(*) AS number FROM delivery
WHERE state IN ('claimed', 'sending') AND lease_until IS NOT NULL GROUP BY owner, lease_until;

-- name: recover_claimed
-- The owner is gone before it began: nothing happened to these recipients.
UPDATE delivery SET state = 'pending', lease_until = NULL
WHERE state = 'claimed' AND owner = :owner AND lease_until = :lease_until;

-- name: recover_sending
-- The owner is gone between content and reply: these are in doubt.
UPDATE delivery SET state = 'unknown', lease_until = NULL, reply = :reply
WHERE state = 'sending' AND owner = :owner AND lease_until = :lease_until
RETURNING id;

-- name: doubt
-- Everything that is on its way is in doubt: the store was restored, and does not know what was sent since.
UPDATE delivery SET state = 'unknown', lease_until = NULL, reply = :reply
WHERE state IN ('pending', 'claimed', 'sending')
RETURNING edition_id;

-- name: resend
-- What is in doubt goes out again, with the same Message-ID.
UPDATE delivery SET state = 'pending', next_try = :next_try
WHERE id = :id AND state = 'unknown';

-- name: resolve
-- An operator decides what became of a delivery in doubt.
UPDATE delivery SET state = :state, reply = :reply, settled_at = :now WHERE id = :id AND state = 'unknown';

-- name: unknown_deliveries
-- What is in doubt.
SELECT id FROM delivery WHERE state = 'unknown' ORDER BY id;

-- name: unknown_deliveries_of
-- What is in doubt of one edition.
SELECT id FROM delivery WHERE state = 'unknown' AND edition_id = :edition ORDER BY id;

-- name: next_due
-- When the next delivery of a running edition is due.
SELECT min(d.next_try) FROM delivery d JOIN edition e ON e.id = d.edition_id AND e.state = 'planned'
WHERE d.state = 'pending';

-- name: cancel
-- Calls a delivery off, unless it is on the wire or over.
UPDATE delivery SET state = 'cancelled', reply = :reply, settled_at = :now, lease_until = NULL
WHERE id = :id AND state IN ('pending', 'claimed', 'unknown');

-- name: cancellable
-- What could still be called off for one person.
SELECT id FROM delivery WHERE subscriber_id = :subscriber AND state IN ('pending', 'claimed');

-- name: cancellable_of
-- What could still be called off for one person and one bulletin.
SELECT d.id FROM delivery d JOIN edition e ON e.id = d.edition_id AND e.bulletin = :bulletin
WHERE d.subscriber_id = :subscriber AND d.state IN ('pending', 'claimed');

-- name: free_left_out
-- Other bulletins left out the stories of a delivery for its person, who gets them, too: they tell them again.
UPDATE edition_story SET told = 'no'
WHERE told = 'yes'
  AND (bulletin, story_id) IN (
      SELECT p.bulletin, i.story_id
      FROM delivery d
      JOIN edition o ON o.id = d.edition_id
      JOIN item i ON i.delivery_id = d.id
      JOIN subscriber s ON s.id = d.subscriber_id AND s.status = 'active'
      JOIN subscription p ON p.subscriber_id = d.subscriber_id AND p.bulletin <> o.bulletin AND p.ended_at IS NULL
      WHERE d.id = :id)
  AND EXISTS (SELECT 1 FROM edition x JOIN edition o ON o.planned_at <= x.planned_at JOIN delivery d ON d.edition_id = o.id
              WHERE x.id = edition_story.edition_id AND d.id = :id);

-- name: release_items
-- A delivery that failed or was called off gave nothing: its stories may reach the person another way.
DELETE FROM item WHERE delivery_id = :id;

-- name: free_left_out_release
-- As free_left_out, of one release that is taken out of a variant, for all to whom it was on its way.
UPDATE edition_story SET told = 'no'
WHERE told = 'yes' AND story_id = (SELECT r.story_id FROM release r WHERE r.id = :release)
  AND bulletin IN (
      SELECT p.bulletin
      FROM delivery d
      JOIN edition o ON o.id = d.edition_id
      JOIN item i ON i.delivery_id = d.id AND i.release_id = :release
      JOIN subscriber s ON s.id = d.subscriber_id AND s.status = 'active'
      JOIN subscription p ON p.subscriber_id = d.subscriber_id AND p.bulletin <> o.bulletin AND p.ended_at IS NULL
      WHERE d.edition_id = :edition AND d.variant_id = :variant AND d.state IN ('pending', 'claimed'))
  AND EXISTS (SELECT 1 FROM edition x JOIN edition o ON o.planned_at <= x.planned_at
              WHERE x.id = edition_story.edition_id AND o.id = :edition);

-- name: release_item
-- A story that was taken out of a variant may reach its people another way.
DELETE FROM item
WHERE story_id = (SELECT r.story_id FROM release r WHERE r.id = :release)
  AND delivery_id IN (SELECT d.id FROM delivery d
                      WHERE d.edition_id = :edition AND d.variant_id = :variant
                        AND d.state IN ('pending', 'claimed'));

-- name: change_variant
-- Gives what is not on the wire yet another variant.
UPDATE delivery SET variant_id = :new
WHERE edition_id = :edition AND variant_id = :variant AND state IN ('pending', 'claimed');

-- name: delivery
-- One delivery with its recipient and its edition.
SELECT d.*, s.address, e.bulletin, e.slot, e.uid AS edition_uid
FROM delivery d
JOIN subscriber s ON s.id = d.subscriber_id
JOIN edition e ON e.id = d.edition_id
WHERE d.id = :id;

-- name: deliveries_in_state
-- The deliveries in a state, by number.
SELECT d.*, s.address, e.bulletin, e.slot, e.uid AS edition_uid
FROM delivery d
JOIN subscriber s ON s.id = d.subscriber_id
JOIN edition e ON e.id = d.edition_id
WHERE d.state = :state
ORDER BY d.id LIMIT :limit;

-- name: deliveries
-- All deliveries, by number.
SELECT d.*, s.address, e.bulletin, e.slot, e.uid AS edition_uid
FROM delivery d
JOIN subscriber s ON s.id = d.subscriber_id
JOIN edition e ON e.id = d.edition_id
ORDER BY d.id LIMIT :limit;

-- name: all_delivery_counts
-- How many deliveries stand where, over all editions.
SELECT state, count(*) AS number FROM delivery GROUP BY state ORDER BY state;
