-- Spaces, keys and values are bytes, for a chat's key may hold what no text of a database does. Times are in microseconds since 1970 UTC. Nothing is NULL.
CREATE TABLE keep_entries (
    space   BYTEA NOT NULL,
    name    BYTEA NOT NULL,
    value   BYTEA NOT NULL,
    expires BIGINT NOT NULL, -- 0 for never
    PRIMARY KEY (space, name)
) WITHOUT ROWID;
CREATE INDEX keep_entries_expires ON keep_entries (expires) WHERE expires <> 0;
