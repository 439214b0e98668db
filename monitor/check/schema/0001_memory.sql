-- What checks must still know after a restart. Names hold what strangers wrote, such as hosts, and so are quoted; values are base64.
CREATE TABLE check_memory (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
