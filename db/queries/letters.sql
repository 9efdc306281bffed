-- name: add_letter
-- A mail to one person is to be sent.
INSERT INTO letter (kind, about, address_hash, state, owner, attempts, next_try, message_id, reply, created_at)
VALUES (:kind, :about, :address_hash, 'pending', '', 0, :now, :message_id, '', :now);

-- name: letters_unasked
-- How many mails that anybody can cause went to an address since a moment.
SELECT count(*) FROM letter
WHERE address_hash = :address_hash AND created_at > :since AND kind IN ('confirm', 'new-address');

-- name: letter_came_back
-- Whether a mail to an address came back for this reason since a moment.
SELECT 1 FROM letter WHERE address_hash = :address_hash AND created_at > :since AND bounced = :bounced LIMIT 1;

-- name: letter_waits
-- Whether a mail is due.
SELECT 1 FROM letter WHERE state = 'pending' AND next_try <= :now LIMIT 1;

-- name: claim_letter
-- Takes the mail that has been due for longest; it is due again if its owner dies.
UPDATE letter SET owner = :owner, next_try = :until
WHERE id = (SELECT id FROM letter WHERE state = 'pending' AND next_try <= :now ORDER BY next_try, id LIMIT 1)
RETURNING *;

-- name: begin_letter
-- Its content goes out now, if it still belongs to this owner.
UPDATE letter SET attempts = attempts + 1, next_try = :until
WHERE id = :id AND owner = :owner AND state = 'pending';

-- name: settle_letter
-- It was handed over, or never will be.
UPDATE letter SET state = :state, reply = :reply, settled_at = :now
WHERE id = :id AND owner = :owner AND state = 'pending';

-- name: put_off_letter
-- Not now: it waits for its next try.
UPDATE letter SET reply = :reply, next_try = :next_try, broken = :broken
WHERE id = :id AND owner = :owner AND state = 'pending';

-- name: letters
-- The newest mails to single people.
SELECT *
FROM letter ORDER BY created_at DESC, id DESC LIMIT :limit;

-- name: delete_letters
-- Mails that no limit counts any more.
DELETE FROM letter WHERE created_at <= :before AND state <> 'pending';

-- name: letters_broken
-- How many mails cannot be written as things stand.
SELECT count(*) FROM letter WHERE state = 'pending' AND broken = 'yes';

-- name: letter
-- One mail to a single person.
SELECT * FROM letter WHERE id = :id;

-- name: letter_by_message
-- The mail with a Message-ID.
SELECT * FROM letter WHERE message_id = :message_id;

-- name: letter_bounced
-- It came back; a dead address is news even of one that came back before.
UPDATE letter SET bounced = :bounced WHERE id = :id AND (bounced = '' OR :bounced = 'dead-address');
