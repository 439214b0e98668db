-- Times are in microseconds since 1970 UTC. Payloads are JSON; the columns beside them are what is searched by. Nothing is NULL.

-- One row: who may write, and the last number given to an event or a message.
CREATE TABLE monitor_watcher (
    id       BIGINT PRIMARY KEY,
    instance TEXT NOT NULL,
    watcher  TEXT NOT NULL,
    sequence BIGINT NOT NULL
);

CREATE TABLE monitor_states (
    name    TEXT NOT NULL,
    subject TEXT NOT NULL,
    part    TEXT NOT NULL,
    wrong   BIGINT NOT NULL, -- 1 when something is
    payload TEXT NOT NULL,
    PRIMARY KEY (name, subject, part)
) WITHOUT ROWID;

CREATE TABLE monitor_cursors (
    watch  TEXT PRIMARY KEY, -- a block check's name
    height BIGINT NOT NULL
);

CREATE TABLE monitor_events (
    sequence BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    name     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    severity BIGINT NOT NULL,
    payload  TEXT NOT NULL,
    PRIMARY KEY (sequence)
) WITHOUT ROWID;
CREATE INDEX monitor_events_at ON monitor_events (at);
CREATE INDEX monitor_events_subject ON monitor_events (subject, sequence);

-- Which destination is still to be told of which event.
CREATE TABLE monitor_waiting (
    destination TEXT NOT NULL,
    event       BIGINT NOT NULL,
    PRIMARY KEY (destination, event)
) WITHOUT ROWID;

CREATE TABLE monitor_deliveries (
    sequence    BIGINT NOT NULL,
    destination TEXT NOT NULL,
    state       TEXT NOT NULL,
    done        BIGINT NOT NULL, -- 0 while it is on its way
    payload     TEXT NOT NULL,
    PRIMARY KEY (sequence)
) WITHOUT ROWID;
CREATE INDEX monitor_deliveries_pending ON monitor_deliveries (sequence) WHERE state = 'pending';
CREATE INDEX monitor_deliveries_destination ON monitor_deliveries (destination, sequence);

CREATE TABLE monitor_mutes (
    id      TEXT PRIMARY KEY,
    payload TEXT NOT NULL
);

CREATE TABLE monitor_notes (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
