-- name: add_notice
-- Notes what readers of a release are told of a version; its number, unless they are told of it already.
INSERT INTO notice (release_id, version, kind, notify, notes, reason, author, made_at, spread)
VALUES (:release, :version, :kind, :notify, :notes, :reason, :author, :now,
        CASE WHEN :notify = 'none' THEN 'yes' ELSE 'no' END)
ON CONFLICT (release_id, version, kind) DO UPDATE  -- of which nobody was to be told before
SET notify = excluded.notify, reason = excluded.reason, author = excluded.author, made_at = excluded.made_at,
    spread = excluded.spread, notes = CASE WHEN excluded.notes = '{}' THEN notice.notes ELSE excluded.notes END
WHERE notice.notify = 'none'
RETURNING id, notes;

-- name: notice
-- One notice by number.
SELECT * FROM notice WHERE id = :id;

-- name: notices_of_release
-- What readers of a release were told, in this order.
SELECT * FROM notice WHERE release_id = :release ORDER BY id;

-- name: notices_unfinished
-- The notices of which it is not noted yet who is owed them: a process was killed meanwhile, or is at work.
SELECT * FROM notice WHERE spread = 'no' ORDER BY id;

-- name: notice_spread
-- It is noted who is owed a notice.
UPDATE notice SET spread = 'yes' WHERE id = :id AND spread = 'no';

-- name: bulletins_that_told
-- The bulletins that may have given a release to somebody, or another translation of it, or news of this one.
SELECT DISTINCT e.bulletin
FROM release o
JOIN release r ON r.story_id = o.story_id
JOIN edition_release x ON x.release_id = r.id
JOIN edition e ON e.id = x.edition_id AND e.state IN ('planning', 'planned', 'paused', 'sent', 'cancelled')
WHERE o.id = :release
UNION
SELECT e.bulletin
FROM notice t
JOIN notice_reader r ON r.notice_id = t.id
JOIN delivery d ON d.id = r.delivery_id
JOIN edition e ON e.id = d.edition_id
WHERE t.release_id = :release AND t.kind = 'translation'
ORDER BY 1;

-- name: notice_readers
-- The next people who have an older version by a bulletin, or by one that they get no more while they get this one.
SELECT h.subscriber_id, h.version AS was, h.languages
FROM holder h
JOIN subscription p ON p.bulletin = :bulletin AND p.subscriber_id = h.subscriber_id AND p.ended_at IS NULL
WHERE h.release_id = :release AND h.subscriber_id > :after AND h.version < :below AND h.status = 'active'
  AND (h.bulletin = :bulletin
       OR NOT EXISTS (SELECT 1 FROM subscription q
                      WHERE q.bulletin = h.bulletin AND q.subscriber_id = h.subscriber_id AND q.ended_at IS NULL
                        AND q.bulletin IN (SELECT k.value FROM json_each(:known) k)))
  AND NOT EXISTS (SELECT 1 FROM notice_reader n WHERE n.subscriber_id = h.subscriber_id AND n.notice_id = :notice)
ORDER BY h.subscriber_id LIMIT :limit;

-- name: bulletins_beside
-- By which other bulletins people can be told who get none any more that told them, or tells the notice.
SELECT DISTINCT (SELECT p.bulletin FROM subscription p
                 WHERE p.subscriber_id = h.subscriber_id AND p.ended_at IS NULL
                   AND p.bulletin IN (SELECT k.value FROM json_each(:known) k)
                 ORDER BY p.bulletin IN (SELECT a.value FROM json_each(:advance) a), p.bulletin LIMIT 1) AS bulletin
FROM holder h
WHERE h.release_id = :release AND h.version < :below AND h.status = 'active'
  AND NOT EXISTS (SELECT 1 FROM subscription q
                  WHERE q.subscriber_id = h.subscriber_id AND q.ended_at IS NULL
                    AND q.bulletin IN (SELECT k.value FROM json_each(:known) k)
                    AND (q.bulletin = h.bulletin
                         OR EXISTS (SELECT 1 FROM edition e
                                    WHERE e.notice_id = :notice AND e.bulletin = q.bulletin)))
ORDER BY 1;

-- name: translation_readers
-- The next people whom a bulletin gave a story in another language, and who were not told of this translation.
SELECT i.subscriber_id, i.version AS was, s.languages, o.language AS given
FROM item i
JOIN delivery d ON d.id = i.delivery_id AND d.state IN ('sending', 'sent', 'unknown')
JOIN edition e ON e.id = d.edition_id AND e.bulletin = :bulletin
JOIN subscription p ON p.bulletin = :bulletin AND p.subscriber_id = i.subscriber_id AND p.ended_at IS NULL
JOIN subscriber s ON s.id = i.subscriber_id AND s.status = 'active'
JOIN release o ON o.id = i.release_id
WHERE i.story_id = (SELECT x.story_id FROM release x WHERE x.id = :release)
  AND i.subscriber_id > :after AND i.release_id <> :release
  AND NOT EXISTS (SELECT 1 FROM notice t JOIN notice_reader n ON n.notice_id = t.id
                  WHERE t.release_id = :release AND t.kind = 'translation' AND n.subscriber_id = i.subscriber_id)
ORDER BY i.subscriber_id LIMIT :limit;

-- name: notice_audience
-- How many people have an older version, by the bulletin that can tell them ('' = none) and their languages.
SELECT CASE WHEN h.status <> 'active' THEN ''
            WHEN EXISTS (SELECT 1 FROM subscription q
                         WHERE q.bulletin = h.bulletin AND q.subscriber_id = h.subscriber_id AND q.ended_at IS NULL
                           AND q.bulletin IN (SELECT k.value FROM json_each(:known) k)) THEN h.bulletin
            ELSE coalesce((SELECT p.bulletin FROM subscription p
                           WHERE p.subscriber_id = h.subscriber_id AND p.ended_at IS NULL
                             AND p.bulletin IN (SELECT k.value FROM json_each(:known) k)
                           ORDER BY p.bulletin IN (SELECT a.value FROM json_each(:advance) a), p.bulletin LIMIT 1), '')
       END AS bulletin,
       h.languages, count(*) AS number
FROM holder h
WHERE h.release_id = :release AND h.version < :below
GROUP BY 1, 2;

-- name: editions_of_notice
-- The editions that tell a notice and are not over.
SELECT * FROM edition
WHERE notice_id = :notice AND state IN ('awaiting', 'approved', 'held', 'planning', 'planned', 'paused') ORDER BY id;

-- name: add_notice_reader
-- Reserves a notice for a person: the primary key refuses to do so twice.
INSERT INTO notice_reader (subscriber_id, notice_id, was, version, delivery_id) VALUES (?, ?, ?, ?, ?);

-- name: bring_notice
-- A delivery brings a notice that its person is owed.
UPDATE notice_reader SET delivery_id = ?, version = ? WHERE subscriber_id = ? AND notice_id = ? AND delivery_id IS NULL;

-- name: notices_owed
-- What some people are owed with their next bulletin.
SELECT subscriber_id, notice_id, was, version FROM notice_reader
WHERE delivery_id IS NULL AND subscriber_id > :after AND subscriber_id <= :through
ORDER BY subscriber_id, notice_id;

-- name: somebody_is_owed
-- Whether somebody who gets a bulletin, and wants no pause, is owed a notice.
SELECT 1 FROM notice_reader r
JOIN subscription p ON p.bulletin = :bulletin AND p.subscriber_id = r.subscriber_id AND p.ended_at IS NULL
JOIN subscriber s ON s.id = r.subscriber_id AND s.status = 'active'
  AND (s.paused_until IS NULL OR s.paused_until <= :now)
WHERE r.delivery_id IS NULL LIMIT 1;

-- name: owe_again
-- A delivery failed or was called off: the notices that it brought are owed with the next bulletin.
UPDATE notice_reader SET delivery_id = NULL
WHERE subscriber_id = (SELECT d.subscriber_id FROM delivery d WHERE d.id = :delivery) AND delivery_id = :delivery;

-- name: moot_owed
-- Nobody is owed a notice about a story that did not reach them.
DELETE FROM notice_reader
WHERE subscriber_id = (SELECT d.subscriber_id FROM delivery d WHERE d.id = :delivery) AND delivery_id IS NULL
  AND NOT EXISTS (SELECT 1 FROM notice n JOIN release x ON x.id = n.release_id
                  JOIN item i ON i.subscriber_id = notice_reader.subscriber_id AND i.story_id = x.story_id
                  WHERE n.id = notice_reader.notice_id);

-- name: moot_deliveries
-- Notices on their way to the person of a delivery, about stories that did not reach this person.
SELECT r.delivery_id AS id
FROM notice_reader r
JOIN delivery d ON d.id = r.delivery_id AND d.state IN ('pending', 'claimed')
JOIN edition e ON e.id = d.edition_id AND e.kind <> 'regular'
JOIN notice n ON n.id = r.notice_id
JOIN release x ON x.id = n.release_id
WHERE r.subscriber_id = (SELECT o.subscriber_id FROM delivery o WHERE o.id = :delivery)
  AND NOT EXISTS (SELECT 1 FROM item i WHERE i.subscriber_id = r.subscriber_id AND i.story_id = x.story_id);

-- name: forget_owed
-- What is owed of a notice that a newer one replaces.
DELETE FROM notice_reader WHERE notice_id = :notice AND delivery_id IS NULL;

-- name: unbring_notice
-- A notice that must wait was taken out of a bulletin that is not on the wire yet: it is owed again.
UPDATE notice_reader SET delivery_id = NULL
WHERE notice_id = :notice
  AND delivery_id IN (SELECT d.id FROM delivery d WHERE d.edition_id = :edition AND d.variant_id = :variant
                      AND d.state IN ('pending', 'claimed'));

-- name: renew_notice
-- What is not on the wire yet of a notice brings a newer version.
UPDATE notice_reader SET version = :version
WHERE notice_id = :notice
  AND delivery_id IN (SELECT d.id FROM delivery d WHERE d.edition_id = :edition AND d.variant_id = :variant
                      AND d.state IN ('pending', 'claimed'));

-- name: forget_brought
-- A notice that a newer one replaces was taken out of what is not on the wire yet.
DELETE FROM notice_reader
WHERE notice_id = :notice
  AND delivery_id IN (SELECT d.id FROM delivery d WHERE d.edition_id = :edition AND d.variant_id = :variant
                      AND d.state IN ('pending', 'claimed'));

-- name: notice_counts
-- How many people a notice was reserved for, by what became of it; '' = their next bulletin will bring it.
SELECT coalesce(d.state, '') AS state, count(*) AS number
FROM notice_reader r LEFT JOIN delivery d ON d.id = r.delivery_id
WHERE r.notice_id = :notice GROUP BY coalesce(d.state, '');
