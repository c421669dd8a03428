-- +goose Up

-- What a node knows. value is null where blob is not: then the value is an object, of which
-- blob has the sha2-256 digest (32 bytes) and the length (8 bytes, big-endian).
CREATE TABLE records (
    key bytea PRIMARY KEY,
    value bytea,
    blob bytea,
    CHECK ((value IS NULL) <> (blob IS NULL)),
    CHECK (octet_length(blob) = 40)
);
-- Values are hashes and signatures mostly: looking for what can be compressed costs more than it saves.
ALTER TABLE records ALTER COLUMN value SET STORAGE EXTERNAL;

-- Rows that are locked by who writes: one for all updates, whose value counts them, and one for
-- the log; the value of bulk is the number of the last bulk, less 1 << 63.
CREATE TABLE counters (
    name text PRIMARY KEY,
    value bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO counters VALUES ('update', 0), ('log', 0), ('bulk', 0);

CREATE TABLE leases (
    name text PRIMARY KEY,
    epoch bigint NOT NULL,
    holder text NOT NULL,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 10);

-- +goose Down
DROP TABLE leases;
DROP TABLE counters;
DROP TABLE records;
