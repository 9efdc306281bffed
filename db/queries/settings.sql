-- name: setting
-- One of the store's own settings: the newsroom's identity and its secret.
SELECT value FROM setting WHERE name = :name;
