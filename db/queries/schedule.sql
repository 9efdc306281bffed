-- name: agenda
-- Every bulletin that the scheduler has seen.
SELECT * FROM agenda;

-- name: agenda_of
-- What the scheduler knows of one bulletin.
SELECT * FROM agenda WHERE bulletin = :bulletin;

-- name: watch
-- Notes a bulletin that is seen for the first time.
INSERT INTO agenda (bulletin, first_seen, decided_through, definition) VALUES (:bulletin, :now, :now, :definition)
ON CONFLICT (bulletin) DO NOTHING;

-- name: redefine
-- A schedule was changed: what its new lines would have asked for before is not owed.
UPDATE agenda
SET definition = :definition,
    decided_through = CASE WHEN decided_through < :since THEN :since ELSE decided_through END
WHERE bulletin = :bulletin AND definition <> :definition;

-- name: decided
-- All slots up to this moment are run, or recorded as skipped.
UPDATE agenda SET decided_through = :through WHERE bulletin = :bulletin AND decided_through < :through;

-- name: beat
-- A part of pressfeed lives.
INSERT INTO heartbeat (part, at, note) VALUES (:part, :now, :note)
ON CONFLICT (part) DO UPDATE SET at = excluded.at, note = excluded.note;

-- name: heartbeats
-- When each part was last seen alive.
SELECT part, at, note FROM heartbeat ORDER BY part;
