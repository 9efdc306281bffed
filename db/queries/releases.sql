-- name: story_id
-- The number of the story with a key.
SELECT id FROM story WHERE key = :key;

-- name: add_story
-- Makes a story, unless there is one with this key.
INSERT INTO story (key, created_at) VALUES (:key, :now) ON CONFLICT (key) DO NOTHING;

-- name: add_release
-- Makes a release in its first version.
INSERT INTO release (uid, story_id, language, slug, status, version, headline, regions, topics, source, archive,
                     edited, created_at, updated_at, published_at, embargo_until, public_since, changed)
VALUES (:uid, :story_id, :language, :slug, :status, 1, :headline, :regions, :topics, :source, :archive, '[]',
        :now, :now, :published_at, :embargo_until,
        CASE WHEN :status IN ('published', 'corrected') THEN :now END,
        1 + coalesce((SELECT cast(value AS integer) FROM setting WHERE name = 'changes'), 0));

-- name: add_version
-- Records what a version of a release says; versions are never changed afterwards.
INSERT INTO release_version (release_id, version, recorded_at, reason, author, content)
VALUES (:release_id, :version, :now, :reason, :author, :content);

-- name: versions
-- What a release said, the first version first.
SELECT version, recorded_at, reason, author, content FROM release_version WHERE release_id = :id ORDER BY version;

-- name: update_release
-- Brings a release to its newest version and state.
UPDATE release
SET story_id = :story_id, language = :language, slug = :slug, status = :status, version = :version,
    headline = :headline, regions = :regions, topics = :topics, archive = :archive, edited = :edited,
    updated_at = :updated_at, published_at = :published_at, embargo_until = :embargo_until,
    public_since = CASE WHEN :status IN ('published', 'corrected') THEN coalesce(public_since, :now)
                        ELSE public_since END,
    shown_version = coalesce(:shown, shown_version),
    changed = 1 + coalesce((SELECT cast(value AS integer) FROM setting WHERE name = 'changes'), 0)
WHERE id = :id;

-- name: shown_version
-- The newest version of a release that everybody could see before its last change.
SELECT shown_version FROM release WHERE id = :id;

-- name: clear_regions
-- Forgets which regions a release belongs to, before they are set anew.
DELETE FROM release_region WHERE release_id = :release_id;

-- name: add_region
-- Puts a release into a region.
INSERT INTO release_region (region, release_id) VALUES (:region, :release_id) ON CONFLICT DO NOTHING;

-- name: slug_owner
-- Which release has an address already, or had it and is still found there.
SELECT id FROM release WHERE language = :language AND slug = :slug
UNION ALL
SELECT release_id FROM former_address WHERE language = :language AND slug = :slug;

-- name: leave_address
-- Notes where a release that the public knows was found until now.
INSERT INTO former_address (language, slug, release_id, left_at)
SELECT language, slug, id, :now FROM release
WHERE id = :id AND public_since IS NOT NULL AND NOT (language = :language AND slug = :slug)
ON CONFLICT DO NOTHING;

-- name: take_address
-- Forgets that a release was found at an address, since it is there again.
DELETE FROM former_address WHERE language = :language AND slug = :slug;

-- name: former_addresses
-- Where releases were found once.
SELECT release_id, language, slug FROM former_address ORDER BY language, slug;

-- name: release
-- One release in its current version.
SELECT r.*, s.key AS story, v.content,
    (SELECT n.notes FROM notice n
     WHERE n.release_id = r.id AND n.kind <> 'translation' ORDER BY n.id DESC LIMIT 1) AS notes
FROM release r
JOIN story s ON s.id = r.story_id
JOIN release_version v ON v.release_id = r.id AND v.version = r.version
WHERE r.id = :id;

-- name: releases_by_id
-- Several releases in their current versions, in any order.
SELECT r.*, s.key AS story, v.content,
    (SELECT n.notes FROM notice n
     WHERE n.release_id = r.id AND n.kind <> 'translation' ORDER BY n.id DESC LIMIT 1) AS notes
FROM json_each(:ids) i  -- [id, …]
JOIN release r ON r.id = i.value
JOIN story s ON s.id = r.story_id
JOIN release_version v ON v.release_id = r.id AND v.version = r.version;

-- name: release_at_version
-- One release as a given version said it.
SELECT r.*, s.key AS story, v.content, v.version AS wanted_version, v.recorded_at AS wanted_recorded_at,
    (SELECT n.notes FROM notice n
     WHERE n.release_id = r.id AND n.kind <> 'translation' ORDER BY n.id DESC LIMIT 1) AS notes
FROM release r
JOIN story s ON s.id = r.story_id
JOIN release_version v ON v.release_id = r.id AND v.version = :version
WHERE r.id = :id;

-- name: releases
-- Every release in its current version, in the order of their numbers.
SELECT r.*, s.key AS story, v.content,
    (SELECT n.notes FROM notice n
     WHERE n.release_id = r.id AND n.kind <> 'translation' ORDER BY n.id DESC LIMIT 1) AS notes
FROM release r
JOIN story s ON s.id = r.story_id
JOIN release_version v ON v.release_id = r.id AND v.version = r.version
ORDER BY r.id;

-- name: releases_of_story
-- The translations of a story.
SELECT r.id, r.language FROM release r JOIN story s ON s.id = r.story_id WHERE s.key = :story ORDER BY r.id;

-- name: release_stubs
-- What the build needs to know of every release that the public may see or has seen, in any order. They are
-- nearly all: "NOT >" and no ORDER BY keep SQLite from fetching them one by one through the index of dates.
SELECT id, story_id, language, slug, status, published_at, updated_at, regions, topics, headline, embargo_until, version, uid
FROM release
WHERE status IN ('published', 'corrected', 'withdrawn')
  AND NOT published_at > :now
  AND (embargo_until IS NULL OR embargo_until <= :now);

-- name: changed_stubs
-- The same of every release that changed after so many changes, whatever its state, its time and its embargo.
SELECT id, story_id, language, slug, status, published_at, updated_at, regions, topics, headline, embargo_until, version, uid
FROM release
WHERE changed > :since;

-- name: candidates
-- The public releases of one region whose story has not been in an edition of the bulletin yet.
SELECT r.id, r.version, r.language, r.published_at, r.embargo_until, r.public_since, r.story_id
FROM release_region g
JOIN release r ON r.id = g.release_id
WHERE g.region = :region
  AND r.status IN ('published', 'corrected')
  AND r.archive = 'no'
  AND r.published_at <= :now
  AND (r.embargo_until IS NULL OR r.embargo_until <= :now)
  AND NOT EXISTS (SELECT 1 FROM edition_story e WHERE e.bulletin = :bulletin AND e.story_id = r.story_id AND e.told = 'yes');

-- name: new_candidates
-- As candidates, of those that became public after a moment: by their own date, by their embargo, or by arriving.
SELECT r.id, r.version, r.language, r.published_at, r.embargo_until, r.public_since, r.story_id
FROM release r
JOIN release_region g ON g.region = :region AND g.release_id = r.id
WHERE (r.published_at > :since OR r.embargo_until > :since OR r.public_since > :since)
  AND r.status IN ('published', 'corrected')
  AND r.archive = 'no'
  AND r.published_at <= :now
  AND (r.embargo_until IS NULL OR r.embargo_until <= :now)
  AND NOT EXISTS (SELECT 1 FROM edition_story e
                  WHERE e.bulletin = :bulletin AND e.story_id = r.story_id AND e.told = 'yes');

-- name: advance_candidates
-- The releases of one region that are ready and under embargo, and whose story the bulletin has not told yet.
SELECT r.id, r.version, r.language, r.embargo_until, r.updated_at, r.story_id
FROM release_region g
JOIN release r ON r.id = g.release_id
WHERE g.region = :region
  AND r.status IN ('scheduled', 'published', 'corrected')
  AND r.archive = 'no'
  AND r.embargo_until > :now
  AND NOT EXISTS (SELECT 1 FROM edition_story e
                  WHERE e.bulletin = :bulletin AND e.story_id = r.story_id AND e.told = 'yes');

-- name: due_releases
-- The scheduled releases whose time has come.
SELECT id FROM release WHERE status = 'scheduled' AND published_at <= :now ORDER BY published_at, id;

-- name: next_publication
-- When the next scheduled or embargoed release becomes public.
SELECT min(moment) FROM (
    SELECT published_at AS moment FROM release WHERE status IN ('scheduled', 'published', 'corrected')
      AND published_at > :now
    UNION ALL
    SELECT embargo_until FROM release WHERE status IN ('scheduled', 'published', 'corrected') AND embargo_until > :now
) AS moments;

-- name: oldest_since
-- When the oldest of the releases was published that were published after a moment.
SELECT min(published_at) FROM release WHERE status IN ('published', 'corrected') AND published_at > :moment;

-- name: counts_by_status
-- How many releases stand where.
SELECT status, count(*) AS number FROM release GROUP BY status ORDER BY status;

-- name: release_in_edition
-- Whether an edition has told of a release: then it is part of the ledger and cannot be deleted.
SELECT 1 FROM edition_release WHERE release_id = :id LIMIT 1;

-- name: forget_reading
-- Takes a deleted release out of the record of imports, which keeps the document's fingerprint.
UPDATE reading SET release_id = NULL WHERE release_id = :id;

-- name: delete_versions
-- Deletes the versions of a release that was never published.
DELETE FROM release_version WHERE release_id = :id;

-- name: delete_release
-- Deletes a release that was never published.
DELETE FROM release WHERE id = :id;

-- name: inherit_items
-- Whoever was given this release under its old story has been given its new story.
INSERT INTO item (subscriber_id, story_id, delivery_id, release_id, version)
SELECT i.subscriber_id, :new_story, i.delivery_id, i.release_id, i.version
FROM item i WHERE i.story_id = :old_story AND i.release_id = :release_id
ON CONFLICT DO NOTHING;

-- name: inherit_editions
-- Bulletins that told of this release under its old story have told of its new story.
INSERT INTO edition_story (bulletin, story_id, edition_id, position, told)
SELECT e.bulletin, :new_story, e.edition_id, e.position, e.told
FROM edition_story e
JOIN edition_release r ON r.edition_id = e.edition_id AND r.release_id = :release_id
WHERE e.story_id = :old_story
ON CONFLICT DO NOTHING;

-- name: note_change
-- Counts the changes of releases, so that another process sees at a glance that feeds must be built. A release bears
-- the number that its change makes of this (add_release, update_release): one more than what whoever looked before saw.
INSERT INTO setting (name, value) VALUES ('changes', '1')
ON CONFLICT (name) DO UPDATE SET value = cast(cast(setting.value AS integer) + 1 AS text);
