-- name: freeze_version
-- Editions that are not over tell the newest version of a release.
UPDATE edition_release SET version = :version
WHERE release_id = :release
  AND edition_id IN (SELECT e.id FROM edition e
                     WHERE e.state IN ('awaiting', 'approved', 'held', 'planning', 'planned', 'paused'));

-- name: open_variants
-- The variants of a release's editions that are not over, and all that bring notices.
SELECT v.id, v.edition_id, v.language, v.releases, v.notices
FROM edition e
JOIN variant v ON v.edition_id = e.id
WHERE e.state IN ('planning', 'planned', 'paused')
  AND (v.notices <> '[]'
       OR EXISTS (SELECT 1 FROM edition_release r WHERE r.edition_id = e.id AND r.release_id = :release));

-- name: leave_story
-- A story that an edition could not tell everybody is free for the next one of its bulletin.
UPDATE edition_story SET told = 'no'
WHERE edition_id = :edition AND told = 'yes'
  AND story_id = (SELECT r.story_id FROM release r WHERE r.id = :release);

-- name: renew_items
-- What is not on the wire yet gives a newer version.
UPDATE item SET version = :version
WHERE story_id = (SELECT r.story_id FROM release r WHERE r.id = :release) AND release_id = :release
  AND EXISTS (SELECT 1 FROM delivery d WHERE d.id = item.delivery_id AND d.edition_id = :edition
              AND d.variant_id = :variant AND d.state IN ('pending', 'claimed'));

-- name: postpone_variant
-- What is not on the wire yet waits for a moment; a sender that has claimed it loses it.
UPDATE delivery SET state = 'pending', lease_until = NULL, next_try = :until
WHERE edition_id = :edition AND variant_id = :variant AND state IN ('pending', 'claimed') AND next_try < :until;

-- name: resume_variant
-- What waited for a moment goes on.
UPDATE delivery SET next_try = :now
WHERE edition_id = :edition AND variant_id = :variant AND state = 'pending' AND next_try = :until;

-- name: cancel_variant
-- Calls off what is not on the wire yet and has nothing left to say.
UPDATE delivery SET state = 'cancelled', reply = :reply, settled_at = :now, lease_until = NULL
WHERE edition_id = :edition AND variant_id = :variant AND state IN ('pending', 'claimed');
