-- name: accredit
-- Lets a person read embargoed releases of a region ahead, until a moment.
INSERT INTO accreditation (subscriber_id, region, given_at, given_by, until)
VALUES (:subscriber, :region, :now, :author, :until);

-- name: end_accreditation
-- Revokes what a person was granted for a region, or makes room for a newer grant.
UPDATE accreditation SET ended_at = :now, ended_by = :author
WHERE region = :region AND subscriber_id = :subscriber AND ended_at IS NULL;

-- name: accreditations_of
-- Every grant to a person, the oldest first.
SELECT a.*, s.address FROM accreditation a JOIN subscriber s ON s.id = a.subscriber_id
WHERE a.subscriber_id = :subscriber ORDER BY a.id;

-- name: accreditations
-- Every grant to anybody, the oldest first.
SELECT a.*, s.address FROM accreditation a JOIN subscriber s ON s.id = a.subscriber_id ORDER BY a.id;

-- name: accredited_regions
-- For which regions a person may read ahead now.
SELECT a.region FROM accreditation a
JOIN subscriber s ON s.id = a.subscriber_id AND s.status = 'active'
WHERE a.subscriber_id = :subscriber AND a.ended_at IS NULL AND a.until > :now ORDER BY a.region;

-- name: accredited_people
-- Who is accredited for a region now.
SELECT a.subscriber_id FROM accreditation a
WHERE a.region = :region AND a.ended_at IS NULL AND a.until > :now;

-- name: hasten_notices
-- Somebody may read ahead again: notices that wait for the end of an embargo are due now.
UPDATE delivery SET next_try = :now
WHERE subscriber_id = :subscriber AND state = 'pending' AND next_try > :now
  AND edition_id IN (SELECT e.id FROM edition e WHERE e.notice_id IS NOT NULL);

-- name: advance_deliveries
-- What of embargoed releases is on its way to a person and not on the wire yet.
SELECT d.id FROM delivery d JOIN edition e ON e.id = d.edition_id AND e.kind = 'advance'
WHERE d.subscriber_id = :subscriber AND d.state IN ('pending', 'claimed') AND e.bulletin = :bulletin;

-- name: tell_again
-- Somebody was accredited: what is under embargo and a bulletin has told already may be told to them too.
UPDATE edition_story SET told = 'no'
WHERE bulletin = :bulletin AND told = 'yes'
  -- What is frozen and not reserved yet will find them anyway, and must keep what people approve.
  AND edition_id NOT IN (SELECT e.id FROM edition e WHERE e.state IN ('awaiting', 'approved'))
  AND story_id IN (SELECT r.story_id FROM release r
                   WHERE r.embargo_until > :now AND r.status IN ('scheduled', 'published', 'corrected'));
