-- name: open_incident
-- Trouble begins; nothing is returned where it is known already.
INSERT INTO incident (key, text, opened_at) VALUES (:key, :text, :now)
ON CONFLICT (key) WHERE closed_at IS NULL DO NOTHING
RETURNING id;

-- name: close_incident
-- Trouble is over.
UPDATE incident SET closed_at = :now WHERE key = :key AND closed_at IS NULL;

-- name: open_incidents
-- What is wrong now, the oldest first.
SELECT * FROM incident WHERE closed_at IS NULL ORDER BY id;

-- name: incidents
-- What went wrong, the newest first.
SELECT * FROM incident ORDER BY id DESC LIMIT :limit;

-- name: untold_incidents
-- What no operator was told of and nobody is telling just now.
SELECT * FROM incident
WHERE told_at IS NULL AND (telling_until IS NULL OR telling_until <= :now)
ORDER BY id;

-- name: begin_telling
-- Takes the telling of an incident, so that two processes do not mail it.
UPDATE incident SET telling_until = :until
WHERE id = :id AND told_at IS NULL AND (telling_until IS NULL OR telling_until <= :now);

-- name: told_incident
-- The operators' mail was handed over, or need not be.
UPDATE incident SET told_at = :now WHERE id = :id;
