-- Search: a full-text index over the releases that are or were public, and the vocabulary behind it.

-- Holds folded words only (store.folding), not the texts: those stand in release_version.
CREATE VIRTUAL TABLE search_index USING fts5 (
    headline, lead, body,
    content = '', tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
);

-- Which version of a release the index holds: what has to be taken out before another one goes in.
CREATE TABLE search_entry (
    release_id INTEGER PRIMARY KEY REFERENCES release (id),
    version    INTEGER NOT NULL
) STRICT;

-- Every word that was ever indexed: where a mistyped one is looked for.
CREATE TABLE search_word (
    word TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
