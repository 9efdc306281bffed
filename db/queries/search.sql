-- name: search_entry
-- Which version of a release the index holds.
SELECT version FROM search_entry WHERE release_id = :release_id;

-- name: search_content
-- What a version of a release says.
SELECT content FROM release_version WHERE release_id = :release_id AND version = :version;

-- name: search_missing
-- Releases that anybody may come to see and that the index lacks, some at a time.
SELECT r.id, r.version
FROM release r
WHERE r.status IN ('published', 'corrected')
  AND NOT EXISTS (SELECT 1 FROM search_entry e WHERE e.release_id = r.id)
ORDER BY r.id LIMIT :most;

-- name: search_add
-- Puts the words of a release into the index.
INSERT INTO search_index (rowid, headline, lead, body) VALUES (:release_id, :headline, :lead, :body);

-- name: search_take
-- Takes the words of a release out of the index: FTS5 must be told those that went in.
INSERT INTO search_index (search_index, rowid, headline, lead, body)
VALUES ('delete', :release_id, :headline, :lead, :body);

-- name: search_note
-- Remembers which version the index holds.
INSERT INTO search_entry (release_id, version) VALUES (:release_id, :version);

-- name: search_forget
-- Forgets a release that is not in the index any more.
DELETE FROM search_entry WHERE release_id = :release_id;

-- name: search_empty
-- Takes everything out of the index, before it is made anew.
INSERT INTO search_index (search_index) VALUES ('delete-all');

-- name: search_empty_entries
-- Forgets what the index held.
DELETE FROM search_entry;

-- name: search_empty_words
-- Forgets the words of the index.
DELETE FROM search_word;

-- name: search_learn
-- Adds a word to the vocabulary.
INSERT INTO search_word (word) VALUES (?) ON CONFLICT DO NOTHING;

-- name: search_known
-- Those of some words (a JSON list) that the vocabulary has.
SELECT w.word FROM json_each(:words) j JOIN search_word w ON w.word = j.value;

-- name: search_words
-- The words from one on and before another, of some lengths.
SELECT word FROM search_word
WHERE word >= :first AND word < :last AND length(word) BETWEEN :shortest AND :longest;

-- name: search_releases
-- The best of the newest releases that hold some words and are public now. Newest are those with the highest
-- numbers, so that a word that stands in every release costs no more than :within of them. A word of the
-- headline weighs eight times one of the text; a release loses up to 40 % of its rank with age, half of that
-- in its first year.
WITH found AS (
    SELECT r.id, r.published_at, bm25(search_index, 8.0, 3.0, 1.0) AS rank
    FROM search_index
    JOIN release r ON r.id = search_index.rowid
    WHERE search_index MATCH :match
      AND r.status IN ('published', 'corrected')
      AND r.published_at <= :now
      AND (r.embargo_until IS NULL OR r.embargo_until <= :now)
      AND (:language = '' OR r.language = :language)
      AND r.published_at >= :since
      AND r.published_at < :before
      AND (:regions = '[]' OR EXISTS (
          SELECT 1 FROM json_each(:regions) j
          JOIN release_region g ON g.region = j.value AND g.release_id = r.id))
    ORDER BY search_index.rowid DESC LIMIT :within
)
SELECT id, count(*) OVER () AS total
FROM found
ORDER BY rank * (0.6 + 0.4 / (1.0 + max(julianday(:now) - julianday(published_at), 0.0) / 365.0)), id DESC
LIMIT :most OFFSET :skip;
