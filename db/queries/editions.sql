-- name: open_edition
-- Takes a slot: whoever inserts the row runs it; nothing is returned to everybody else.
INSERT INTO edition (uid, bulletin, slot, state, due_at, stands_for, planned_at, planned_through, waiting, reason,
                     kind, notice_id)
VALUES (:uid, :bulletin, :slot, :state, :due_at, :stands_for, :now, 0, :waiting, :reason, :kind, :notice)
ON CONFLICT (bulletin, slot) DO NOTHING
RETURNING id;

-- name: add_edition_story
-- Puts a story into an edition; a story is in one edition of a bulletin only.
INSERT INTO edition_story (bulletin, story_id, edition_id, position, told)
VALUES (:bulletin, :story, :edition, :position, 'yes');

-- name: add_edition_release
-- Freezes a translation of an edition's story in its current version.
INSERT INTO edition_release (edition_id, release_id, version) VALUES (:edition, :release, :version);

-- name: edition
-- One edition by number.
SELECT * FROM edition WHERE id = :id;

-- name: edition_of_slot
-- The edition of a bulletin at a slot.
SELECT * FROM edition WHERE bulletin = :bulletin AND slot = :slot;

-- name: editions
-- Every edition, the newest first.
SELECT * FROM edition ORDER BY id DESC LIMIT :limit;

-- name: last_slot
-- The newest slot of a bulletin that was run.
SELECT slot FROM edition
WHERE bulletin = :bulletin AND state <> 'skipped' AND notice_id IS NULL ORDER BY due_at DESC, id DESC LIMIT 1;

-- name: last_due
-- When the newest editions of a bulletin that said something were due.
SELECT due_at FROM edition WHERE bulletin = :bulletin AND state <> 'skipped' AND notice_id IS NULL
ORDER BY due_at DESC, id DESC LIMIT :limit;

-- name: editions_of_bulletin
-- The editions of a bulletin, the newest first.
SELECT * FROM edition WHERE bulletin = :bulletin ORDER BY id DESC LIMIT :limit;

-- name: free_stories
-- An edition that is held or called off leaves its stories to the next one.
UPDATE edition_story SET told = 'no' WHERE edition_id = :edition AND told = 'yes';

-- name: take_stories
-- A held edition that goes out after all takes back the stories that no other edition has told meanwhile.
UPDATE edition_story SET told = 'yes'
WHERE edition_id = :edition AND told = 'no'
  AND NOT EXISTS (SELECT 1 FROM edition_story o
                  WHERE o.bulletin = edition_story.bulletin AND o.story_id = edition_story.story_id AND o.told = 'yes');

-- name: begun
-- Whether anything of an edition was handed over, or may have been.
SELECT 1 FROM delivery WHERE edition_id = :edition AND state IN ('sending', 'sent', 'unknown') LIMIT 1;

-- name: cancellable_of_edition
-- What of an edition could still be called off.
SELECT id FROM delivery WHERE edition_id = :edition AND state IN ('pending', 'claimed');

-- name: approve
-- Notes that a person approves an edition; once each.
INSERT INTO approval (edition_id, name_key, name, given_at) VALUES (:edition, :name_key, :name, :now)
ON CONFLICT (edition_id, name_key) DO NOTHING;

-- name: withdraw_approvals
-- An edition that is stopped must be approved anew.
DELETE FROM approval WHERE edition_id = :edition;

-- name: approvals
-- Who approved an edition, in this order.
SELECT name, given_at FROM approval WHERE edition_id = :edition ORDER BY given_at, name_key;

-- name: editions_due
-- The editions in a state whose slot has come, the oldest first.
SELECT * FROM edition WHERE state = :state AND due_at <= :now ORDER BY id;

-- name: editions_in_state
-- The editions in a state, the oldest first.
SELECT * FROM edition WHERE state = :state ORDER BY id;

-- name: set_edition_state
-- Moves an edition on, unless somebody else has done so.
UPDATE edition SET state = :state, reason = :reason WHERE id = :id AND state = :expected;

-- name: begin_planning
-- A frozen edition goes out now: that is the date of its mail.
UPDATE edition SET state = 'planning', planned_at = :now, reason = '' WHERE id = :id AND state = :expected;

-- name: edition_stories
-- The stories of an edition in order, with the translations that it froze.
SELECT e.position, e.story_id, e.told, r.release_id, r.version, x.language
FROM edition_story e
JOIN release x ON x.story_id = e.story_id
JOIN edition_release r ON r.edition_id = e.edition_id AND r.release_id = x.id
WHERE e.edition_id = :edition
ORDER BY e.position, r.release_id;

-- name: recipients
-- The next active subscribers of a bulletin who do not pause, in order of their numbers.
SELECT s.id, s.languages
FROM subscription p
JOIN subscriber s ON s.id = p.subscriber_id
WHERE p.bulletin = :bulletin AND p.subscriber_id > :after AND p.ended_at IS NULL AND s.status = 'active'
  AND (s.paused_until IS NULL OR s.paused_until <= :now)
ORDER BY p.subscriber_id LIMIT :limit;

-- name: items_had
-- Which stories of an edition some of its recipients have been given already.
SELECT i.subscriber_id, i.story_id
FROM edition_story e
JOIN item i ON i.story_id = e.story_id AND i.subscriber_id > :after AND i.subscriber_id <= :through
WHERE e.edition_id = :edition;

-- name: last_delivery
-- The highest number of a delivery.
SELECT coalesce(max(id), 0) FROM delivery;

-- name: add_variant
-- Adds a variant to an edition, unless it has one of this key.
INSERT INTO variant (edition_id, key, language, releases, notices)
VALUES (:edition, :key, :language, :releases, :notices)
ON CONFLICT (edition_id, key) DO NOTHING;

-- name: variant_id
-- The number of an edition's variant.
SELECT id FROM variant WHERE edition_id = :edition AND key = :key;

-- name: variant
-- One variant by number.
SELECT * FROM variant WHERE id = :id;

-- name: variant_of
-- The variant of an edition that somebody is given.
SELECT v.* FROM delivery d JOIN variant v ON v.id = d.variant_id
WHERE d.edition_id = :edition AND d.subscriber_id = :subscriber AND d.state NOT IN ('failed', 'cancelled');

-- name: add_delivery
-- Reserves an edition for a subscriber.
INSERT INTO delivery (id, edition_id, subscriber_id, variant_id, state, owner, attempts, next_try, message_id, reply)
VALUES (?, ?, ?, ?, 'pending', '', 0, ?, ?, '');

-- name: add_item
-- Reserves a story for a subscriber: the primary key refuses to do so twice.
INSERT INTO item (subscriber_id, story_id, delivery_id, release_id, version) VALUES (?, ?, ?, ?, ?);

-- name: set_planned_through
-- Notes how far the planning of an edition has come.
UPDATE edition SET planned_through = :through WHERE id = :id;

-- name: delivery_counts
-- How many deliveries of an edition stand where.
SELECT state, count(*) AS number FROM delivery WHERE edition_id = :edition GROUP BY state;

-- name: unsettled
-- Whether an edition still has something to send or to decide.
SELECT 1 FROM delivery
WHERE edition_id = :edition AND state IN ('pending', 'claimed', 'sending', 'unknown') LIMIT 1;

-- name: unsealed_editions
-- The editions that were called off and whose ledger is not in the audit yet.
SELECT * FROM edition e
WHERE e.state = 'cancelled'
  AND NOT EXISTS (SELECT 1 FROM audit_event a WHERE a.edition_id = e.id AND a.kind = 'edition.closed')
ORDER BY e.id;

-- name: next_edition_due
-- The first slot of those editions that are frozen and wait for it.
SELECT min(due_at) FROM edition WHERE state IN ('awaiting', 'approved');
