-- name: audit_end
-- The last event.
SELECT id, digest FROM audit_event ORDER BY id DESC LIMIT 1;

-- name: audit_append
-- Adds an event at the end.
INSERT INTO audit_event (id, at, kind, actor, release_id, edition_id, details, digest)
VALUES (:id, :at, :kind, :actor, :release, :edition, :details, :digest);

-- name: audit_note_end
-- Notes the last event beside the chain, so that one without its end is seen to be that.
INSERT INTO setting (name, value) VALUES ('audit_end', :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: audit_events
-- Every event in order.
SELECT * FROM audit_event ORDER BY id;

-- name: audit_events_of_release
-- What became of a release.
SELECT * FROM audit_event WHERE release_id = :release ORDER BY id;

-- name: audit_events_of_edition
-- What became of an edition.
SELECT * FROM audit_event WHERE edition_id = :edition ORDER BY id;

-- name: audit_foundation
-- What a store holds when its audit begins.
SELECT (SELECT coalesce(max(id), 0) FROM release) AS releases,
       (SELECT count(*) FROM release_version) AS versions,
       (SELECT coalesce(max(id), 0) FROM edition) AS editions,
       (SELECT coalesce(max(id), 0) FROM delivery) AS deliveries;

-- name: contents_of_versions
-- What every version says, and who recorded it when and why.
SELECT release_id, version, content, recorded_at, author, reason FROM release_version ORDER BY release_id, version;

-- name: all_notices
-- What readers of releases were told.
SELECT id, release_id, version, kind, notes, reason, author, made_at FROM notice ORDER BY id;

-- name: sealed_deliveries
-- The next deliveries of an edition that is over, by person, each as one line without anything that is ever erased;
-- and the releases that the person has by it, in any order (one that moved to another story perhaps twice).
SELECT d.subscriber_id,
       d.id || ' ' || d.subscriber_id || ' ' || d.state || ' ' || d.attempts || ' ' || coalesce(d.settled_at, '-')
       || ' ' || d.message_id || ' ' || v.language || ' ' || v.releases || ' ' || v.notices AS line,
       -- In one text: to fetch a row for each of them takes three times as long.
       coalesce((SELECT group_concat(i.release_id || ':' || i.version) FROM item i WHERE i.delivery_id = d.id), '-') AS has
FROM delivery d JOIN variant v ON v.id = d.variant_id
WHERE d.edition_id = :edition AND d.subscriber_id > :after
ORDER BY d.subscriber_id LIMIT :limit;

-- name: editions_over
-- The editions of which nothing changes any more.
SELECT id, state FROM edition WHERE state IN ('sent', 'cancelled') ORDER BY id;

-- name: feed_entries
-- What each feed held when it was last built.
SELECT feed, release_id FROM feed_entry;

-- name: enter_feed
-- A release enters a feed.
INSERT INTO feed_entry (feed, release_id) VALUES (?, ?);

-- name: leave_feed
-- A release leaves a feed.
DELETE FROM feed_entry WHERE feed = ? AND release_id = ?;

-- name: recipients_of_edition
-- How many deliveries an edition has.
SELECT count(*) FROM delivery WHERE edition_id = :edition;

-- name: editions_of_release
-- The editions that froze a release, or brought a notice of it.
SELECT e.* FROM edition e
WHERE e.id IN (SELECT r.edition_id FROM edition_release r WHERE r.release_id = :release
               UNION
               SELECT v.edition_id FROM variant v
               JOIN json_each(v.notices) told
               JOIN notice n ON n.id = json_extract(told.value, '$[0]') AND n.release_id = :release
               WHERE v.notices <> '[]')
ORDER BY e.id;

-- name: variant_counts
-- How the deliveries of an edition stand, for each of its variants.
SELECT v.releases, v.notices, d.state, count(*) AS number
FROM delivery d JOIN variant v ON v.id = d.variant_id
WHERE d.edition_id = :edition GROUP BY d.variant_id, d.state;
