-- name: add_incoming
-- Records a message that came in; no row where it has been recorded before.
INSERT INTO incoming (digest, source, kind, action, received_at, subscriber_id, delivery_id, sender, subject, detail,
                      size, raw, resolved_at)
VALUES (:digest, :source, :kind, :action, :now, :subscriber, :delivery, :sender, :subject, :detail,
        :size, :raw, :resolved_at)
ON CONFLICT (digest) DO NOTHING
RETURNING id;

-- name: incoming_by_digest
-- The message that came before with the same content.
SELECT id, kind, action, subscriber_id FROM incoming WHERE digest = :digest;

-- name: incoming
-- One message that came in.
SELECT * FROM incoming WHERE id = :id;

-- name: incoming_open
-- The messages that wait for an operator, the oldest first.
SELECT * FROM incoming WHERE resolved_at IS NULL ORDER BY id LIMIT :limit;

-- name: incoming_newest
-- All messages, the newest first.
SELECT * FROM incoming ORDER BY id DESC LIMIT :limit;

-- name: incoming_of
-- What came in about one person.
SELECT * FROM incoming WHERE subscriber_id = :subscriber ORDER BY id;

-- name: incoming_waiting
-- How many messages wait for an operator.
SELECT count(*) FROM incoming WHERE resolved_at IS NULL;

-- name: resolve_incoming
-- An operator has seen to it.
UPDATE incoming SET resolved_at = :now WHERE id = :id AND resolved_at IS NULL;

-- name: delivery_of
-- The delivery of an edition to a person.
SELECT id FROM delivery WHERE edition_id = :edition AND subscriber_id = :subscriber;

-- name: delivery_by_message
-- The delivery to a person with a Message-ID.
SELECT id FROM delivery WHERE subscriber_id = :subscriber AND message_id = :message_id;

-- name: latest_delivery
-- The latest delivery to a person that had gone out.
SELECT id FROM delivery WHERE subscriber_id = :subscriber AND state IN ('sent', 'failed') ORDER BY id DESC LIMIT 1;

-- name: add_bounce
-- A delivery came back; a dead address is news even of one that came back before.
INSERT INTO bounce (delivery_id, subscriber_id, kind, status, source, bounced_at)
VALUES (:delivery, :subscriber, :kind, :status, :source, :now)
ON CONFLICT (delivery_id) DO UPDATE SET kind = excluded.kind, status = excluded.status
WHERE excluded.kind = 'dead-address';

-- name: bounces_back
-- A person's deliveries up to the last one that came back, the newest first, and why each came back.
SELECT d.settled_at, d.state, b.kind FROM delivery d
LEFT JOIN bounce b ON b.delivery_id = d.id
WHERE d.subscriber_id = :subscriber AND d.state IN ('sent', 'failed')
  AND d.id <= (SELECT max(l.delivery_id) FROM bounce l WHERE l.subscriber_id = :subscriber)
ORDER BY d.id DESC LIMIT 1000;

-- name: bounces_of
-- Everything of one person that came back.
SELECT * FROM bounce WHERE subscriber_id = :subscriber ORDER BY delivery_id;

-- name: bounce_counts
-- What came back since a moment, by kind.
SELECT kind, count(*) AS number FROM bounce WHERE bounced_at >= :since GROUP BY kind ORDER BY kind;

-- name: mailbox_position
-- Up to where a mailbox has been read.
SELECT validity, last FROM mailbox_position WHERE mailbox = :mailbox;

-- name: move_mailbox_position
-- A mailbox has been read up to a message.
INSERT INTO mailbox_position (mailbox, validity, last) VALUES (:mailbox, :validity, :last)
ON CONFLICT (mailbox) DO UPDATE SET validity = excluded.validity, last = excluded.last;
