-- The transaction that paid a settlement, where one did: on Morse each proof pays its claim.
ALTER TABLE settlements ADD COLUMN tx BYTEA NOT NULL DEFAULT '';
