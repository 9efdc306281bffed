-- name: ledger
-- Every delivery with what it carries.
SELECT d.id, s.address, e.id AS edition, e.bulletin, e.slot, v.language, v.releases, v.notices, d.state,
       d.message_id,
       d.settled_at, d.attempts, d.reply
FROM delivery d
JOIN subscriber s ON s.id = d.subscriber_id
JOIN edition e ON e.id = d.edition_id
JOIN variant v ON v.id = d.variant_id
ORDER BY d.id;

-- name: ledger_of_subscriber
-- Every delivery to one person, with what it carries.
SELECT d.id, s.address, e.id AS edition, e.bulletin, e.slot, v.language, v.releases, v.notices, d.state,
       d.message_id,
       d.settled_at, d.attempts, d.reply
FROM delivery d
JOIN subscriber s ON s.id = d.subscriber_id
JOIN edition e ON e.id = d.edition_id
JOIN variant v ON v.id = d.variant_id
WHERE d.subscriber_id = :subscriber
ORDER BY d.id;

-- name: ledger_of_edition
-- Every delivery of one edition, with what it carries.
SELECT d.id, s.address, e.id AS edition, e.bulletin, e.slot, v.language, v.releases, v.notices, d.state,
       d.message_id,
       d.settled_at, d.attempts, d.reply
FROM delivery d
JOIN subscriber s ON s.id = d.subscriber_id
JOIN edition e ON e.id = d.edition_id
JOIN variant v ON v.id = d.variant_id
WHERE d.edition_id = :edition
ORDER BY d.id;

-- name: editions_of_story
-- The editions that told of a story, or brought a notice of it.
SELECT e.edition_id FROM edition_story e JOIN story s ON s.id = e.story_id WHERE s.key = :story
UNION
SELECT d.edition_id FROM story s
JOIN release r ON r.story_id = s.id
JOIN notice n ON n.release_id = r.id
JOIN notice_reader x ON x.notice_id = n.id
JOIN delivery d ON d.id = x.delivery_id
WHERE s.key = :story
ORDER BY 1;

-- name: notice_told
-- The release and kind of a notice.
SELECT release_id, kind FROM notice WHERE id = :id;

-- name: story_of_release
-- The key of a release's story.
SELECT s.key FROM release r JOIN story s ON s.id = r.story_id WHERE r.id = :release;

-- name: sent_to
-- What one person was sent, the newest first, from before a delivery.
SELECT d.id, d.settled_at, e.bulletin, v.language, v.releases
FROM delivery d
JOIN edition e ON e.id = d.edition_id
JOIN variant v ON v.id = d.variant_id
WHERE d.subscriber_id = :subscriber AND d.state = 'sent' AND d.id < :before
ORDER BY d.id DESC LIMIT :limit;
