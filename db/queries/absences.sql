-- name: called_off_at
-- The editions whose delivery to a person was called off at a moment.
SELECT edition_id FROM delivery WHERE subscriber_id = :subscriber AND state = 'cancelled' AND settled_at = :moment;

-- name: editions_without
-- The editions of a bulletin that were planned since a moment and give a person nothing.
SELECT e.id FROM edition e
WHERE e.bulletin = :bulletin AND e.planned_at >= :since AND e.notice_id IS NULL
  AND e.state IN ('planning', 'planned', 'paused', 'sent')
  AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.edition_id = e.id AND d.subscriber_id = :subscriber)
ORDER BY e.id;

-- name: revive
-- What was called off when a person left is planned again, because they took that back.
UPDATE delivery
SET state = 'pending', variant_id = :variant, owner = '', next_try = :now, reply = '', settled_at = NULL
WHERE edition_id = :edition AND subscriber_id = :subscriber AND state = 'cancelled' AND settled_at = :called_off
RETURNING id;

-- name: add_missed_delivery
-- Reserves an edition for one person who was away when it was planned; nothing where it is there.
INSERT INTO delivery (id, edition_id, subscriber_id, variant_id, state, owner, attempts, next_try, message_id, reply)
VALUES (:id, :edition, :subscriber, :variant, 'pending', '', 0, :now, :message_id, '')
ON CONFLICT (edition_id, subscriber_id) DO NOTHING
RETURNING id;
