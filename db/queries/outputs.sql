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
