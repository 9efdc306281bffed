-- name: setting
-- One of the store's own settings: the newsroom's identity and its secret.
SELECT value FROM setting WHERE name = :name;

-- name: set_setting
-- Remembers something about the store itself.
INSERT INTO setting (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
