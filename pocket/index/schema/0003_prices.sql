-- What POKT cost, as sources told it. The price is a decimal, as text; told is when the source was asked.
CREATE TABLE prices (
    source   TEXT NOT NULL,
    currency TEXT NOT NULL,
    time     BIGINT NOT NULL,
    price    TEXT NOT NULL,
    told     BIGINT NOT NULL,
    PRIMARY KEY (source, currency, time)
) WITHOUT ROWID;

-- The UTC days, counted from 1970, of which a source has told all prices for good.
CREATE TABLE price_days (
    source   TEXT NOT NULL,
    currency TEXT NOT NULL,
    day      BIGINT NOT NULL,
    PRIMARY KEY (source, currency, day)
) WITHOUT ROWID;
