-- name: document_fingerprint
-- What a document looked like when it was last imported.
SELECT fingerprint FROM document WHERE key = :key;

-- name: remember_document
-- Notes what a document looks like now.
INSERT INTO document (key, fingerprint, imported_at) VALUES (:key, :fingerprint, :now)
ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, imported_at = excluded.imported_at;

-- name: reading
-- Which release an earlier reading became.
SELECT release_id, content_hash FROM reading WHERE key = :key;

-- name: reading_of_content
-- A release that an identical reading under another name became.
SELECT release_id FROM reading WHERE content_hash = :content_hash AND release_id IS NOT NULL ORDER BY release_id LIMIT 1;

-- name: remember_reading
-- Notes which release a reading became.
INSERT INTO reading (key, document_key, release_id, content_hash)
VALUES (:key, :document_key, :release_id, :content_hash)
ON CONFLICT (key) DO UPDATE SET document_key = excluded.document_key, release_id = excluded.release_id,
                                content_hash = excluded.content_hash;

-- name: reject_document
-- Keeps a document that could not be read.
INSERT INTO rejected_document (name, reason, raw, size, rejected_at, digest)
VALUES (:name, :reason, :raw, :size, :now, :digest)
ON CONFLICT (digest) DO UPDATE SET name = excluded.name, reason = excluded.reason, rejected_at = excluded.rejected_at;

-- name: rejected_count
-- How many documents could not be read.
SELECT count(*) FROM rejected_document;

-- name: memories
-- What earlier documents of each source showed.
SELECT source, data FROM intake_memory;

-- name: remember_source
-- Stores what the documents of a source show.
INSERT INTO intake_memory (source, data) VALUES (:source, :data)
ON CONFLICT (source) DO UPDATE SET data = excluded.data;
