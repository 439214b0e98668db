-- Times are in microseconds since 1970 UTC. Nothing is NULL.
CREATE TABLE rbac_assignments (
    subject TEXT   NOT NULL PRIMARY KEY,
    name    TEXT   NOT NULL,
    role    TEXT   NOT NULL,
    scope   TEXT   NOT NULL, -- all, own, or addresses with commas between them
    giver   TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    version BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE rbac_links (
    subject TEXT   NOT NULL,
    address TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (subject, address)
) WITHOUT ROWID;

CREATE TABLE rbac_invitations (
    hash    TEXT   NOT NULL PRIMARY KEY, -- SHA-256 of the code, which is not kept
    role    TEXT   NOT NULL,
    scope   TEXT   NOT NULL,
    giver   TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    comment TEXT   NOT NULL
) WITHOUT ROWID;

CREATE TABLE rbac_keys (
    hash    TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the key, which is not kept
    subject TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE rbac_audit (
    id      BIGINT  NOT NULL PRIMARY KEY,
    at      BIGINT  NOT NULL,
    actor   TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    detail  TEXT    NOT NULL,
    refused BOOLEAN NOT NULL
) WITHOUT ROWID;
CREATE INDEX rbac_audit_actor ON rbac_audit (actor, id);
CREATE INDEX rbac_audit_subject ON rbac_audit (subject, id);
