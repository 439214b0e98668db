-- Amounts are in upokt, times in microseconds since 1970 UTC. Nothing is NULL: 0 and '' stand for what is not there.
-- Addresses, services and other repeating words are numbers, explained by names. 0 is the empty word.

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE names (
    id   BIGINT PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);

CREATE TABLE blocks (
    height BIGINT PRIMARY KEY,
    time   BIGINT NOT NULL,
    hash   BYTEA NOT NULL,
    source BIGINT NOT NULL
);
CREATE INDEX blocks_time ON blocks (time);

-- A claim is the same claim whoever told of it: the last four columns before source name it.
CREATE TABLE settlements (
    height        BIGINT NOT NULL,
    idx           BIGINT NOT NULL,
    time          BIGINT NOT NULL,
    owner         BIGINT NOT NULL,
    relays        BIGINT NOT NULL,
    est_relays    BIGINT NOT NULL,
    claimed_cu    BIGINT NOT NULL,
    est_cu        BIGINT NOT NULL,
    claimed       BIGINT NOT NULL,
    settled       BIGINT NOT NULL,
    minted        BIGINT NOT NULL,
    overserviced  BIGINT NOT NULL,
    deflated      BIGINT NOT NULL,
    mint_ratio    BIGINT NOT NULL,
    flags         BIGINT NOT NULL, -- proof requirement, proof status and what lacks
    session       BYTEA NOT NULL,
    shares        BYTEA NOT NULL,  -- who got what and why, packed: a table of them would be eight times as large as all else
    session_end   BIGINT NOT NULL,
    supplier      BIGINT NOT NULL,
    application   BIGINT NOT NULL,
    service       BIGINT NOT NULL,
    source        BIGINT NOT NULL,
    PRIMARY KEY (height, idx)
) WITHOUT ROWID;
CREATE UNIQUE INDEX settlements_claim ON settlements (session_end, supplier, application, service);
CREATE INDEX settlements_supplier ON settlements (supplier, height, idx);

-- Which settlements paid whom: one row for each address that a settlement paid.
CREATE TABLE paid (
    recipient BIGINT NOT NULL,
    height    BIGINT NOT NULL,
    idx       BIGINT NOT NULL,
    PRIMARY KEY (recipient, height, idx)
) WITHOUT ROWID;

-- All events but settlements and transactions.
CREATE TABLE events (
    height      BIGINT NOT NULL,
    idx         BIGINT NOT NULL,
    kind        BIGINT NOT NULL,
    time        BIGINT NOT NULL,
    supplier    BIGINT NOT NULL,
    owner       BIGINT NOT NULL,
    application BIGINT NOT NULL,
    service     BIGINT NOT NULL,
    amount      BIGINT NOT NULL,
    payload     TEXT NOT NULL,
    source      BIGINT NOT NULL,
    PRIMARY KEY (height, idx, kind)
) WITHOUT ROWID;
CREATE INDEX events_supplier ON events (supplier, height, idx);
CREATE INDEX events_kind ON events (kind, height, idx);

CREATE TABLE transactions (
    height  BIGINT NOT NULL,
    idx     BIGINT NOT NULL,
    time    BIGINT NOT NULL,
    hash    BYTEA NOT NULL,
    code    BIGINT NOT NULL,
    fee     BIGINT NOT NULL,
    payer   BIGINT NOT NULL,
    payload TEXT NOT NULL,
    source  BIGINT NOT NULL,
    PRIMARY KEY (height, idx)
) WITHOUT ROWID;
CREATE INDEX transactions_hash ON transactions (hash);

-- Which transactions concern whom: who paid the fee, sent or received.
CREATE TABLE parties (
    address BIGINT NOT NULL,
    height  BIGINT NOT NULL,
    idx     BIGINT NOT NULL,
    PRIMARY KEY (address, height, idx)
) WITHOUT ROWID;

-- What a block's settlements, expiries, discards and slashes say, packed. It is all that sums are made of, and stays
-- when the rows are pruned.
CREATE TABLE digests (
    height BIGINT PRIMARY KEY,
    time   BIGINT NOT NULL,
    claims BIGINT NOT NULL,
    data   BYTEA NOT NULL
);

-- The sums of each block of a UTC day, packed: by service, and of all services under 0.
CREATE TABLE day_totals (
    service BIGINT NOT NULL,
    day     BIGINT NOT NULL,
    data    BYTEA NOT NULL,
    PRIMARY KEY (service, day)
);

-- What each block of a UTC day paid to an address, packed.
CREATE TABLE day_payments (
    recipient BIGINT NOT NULL,
    day       BIGINT NOT NULL,
    data      BYTEA NOT NULL,
    PRIMARY KEY (recipient, day)
);

-- The same by service, of an hour: those of a day would be long to write again with each block.
CREATE TABLE hour_payments (
    recipient BIGINT NOT NULL,
    hour      BIGINT NOT NULL,
    data      BYTEA NOT NULL,
    PRIMARY KEY (recipient, hour)
);

-- Every supplier of which something was ever summed up, and the first block in which it was.
CREATE TABLE earners (
    supplier BIGINT PRIMARY KEY,
    height   BIGINT NOT NULL,
    time     BIGINT NOT NULL
);

-- Suppliers as last known.
CREATE TABLE suppliers (
    supplier BIGINT PRIMARY KEY,
    height   BIGINT NOT NULL,
    time     BIGINT NOT NULL,
    gone     BIGINT NOT NULL,
    payload  TEXT NOT NULL,
    source   BIGINT NOT NULL
);

-- What happened to suppliers' stakes.
CREATE TABLE supplier_history (
    supplier BIGINT NOT NULL,
    height   BIGINT NOT NULL,
    idx      BIGINT NOT NULL,
    time     BIGINT NOT NULL,
    payload  TEXT NOT NULL,
    source   BIGINT NOT NULL,
    PRIMARY KEY (supplier, height, idx)
) WITHOUT ROWID;

-- An address is watched from generation since up to but not including until. The generation grows with every change.
CREATE TABLE watched (
    address BIGINT NOT NULL,
    since   BIGINT NOT NULL,
    until   BIGINT NOT NULL, -- 0 while watched
    PRIMARY KEY (address, since)
) WITHOUT ROWID;

-- Of which heights everything is known that concerns: all that a generation watched (address 0), or one address (generation 0).
-- Both 0: everybody.
CREATE TABLE coverage (
    generation BIGINT NOT NULL,
    address    BIGINT NOT NULL,
    method     BIGINT NOT NULL, -- 1 walked block by block, 2 searched
    low        BIGINT NOT NULL,
    high       BIGINT NOT NULL, -- inclusive
    PRIMARY KEY (generation, address, method, low)
) WITHOUT ROWID;

-- The shared parameters from a height on.
CREATE TABLE params (
    height  BIGINT PRIMARY KEY,
    payload TEXT NOT NULL
);
