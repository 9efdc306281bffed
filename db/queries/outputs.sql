-- name: outputs
-- The files that the build wrote, with what they were made from.
SELECT path, key, size FROM output;

-- name: save_output
-- Notes a file that the build wrote.
INSERT INTO output (path, key, size) VALUES (?, ?, ?)
ON CONFLICT (path) DO UPDATE SET key = excluded.key, size = excluded.size;

-- name: remove_output
-- Forgets a file that the build removed.
DELETE FROM output WHERE path = ?;

-- name: note_outputs
-- Counts the changes of these records, so that a process which remembers them sees that another one made some.
INSERT INTO setting (name, value) VALUES ('outputs', '1')
ON CONFLICT (name) DO UPDATE SET value = cast(cast(setting.value AS integer) + 1 AS text);

-- name: feed_archives
-- Which releases the archive documents of feeds hold.
SELECT feed, number, releases FROM feed_archive ORDER BY feed, number;

-- name: add_feed_archive
-- Notes what a new archive document holds, for ever.
INSERT INTO feed_archive (feed, number, releases) VALUES (?, ?, ?);

-- name: gone_addresses
-- What was there once and has ended.
SELECT path FROM gone_address ORDER BY path;

-- name: add_gone_address
-- Notes that something has ended.
INSERT INTO gone_address (path, left_at) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- name: remove_gone_address
-- Notes that something is there again.
DELETE FROM gone_address WHERE path = ?;
