-- Which releases changed since a process last looked, without reading all of them.

ALTER TABLE release ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;  -- the number of changes (setting) it made last
CREATE INDEX release_by_change ON release (changed);
