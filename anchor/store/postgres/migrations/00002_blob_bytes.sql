-- +goose Up

-- How many bytes the objects have that were named since, which no bucket tells cheaply.
ALTER TABLE counters ADD COLUMN blob_bytes bigint NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE counters DROP COLUMN blob_bytes;
