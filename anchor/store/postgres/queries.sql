-- name: Begin :exec
SELECT set_config('idle_in_transaction_session_timeout', sqlc.arg(idle)::text, true),
    set_config('lock_timeout', sqlc.arg(patience)::text, true),
    set_config('statement_timeout', sqlc.arg(statement)::text, true);

-- name: LockCounter :one
SELECT value FROM counters WHERE name = @name FOR UPDATE;

-- name: CountUpdate :exec
UPDATE counters SET value = value + 1, blob_bytes = blob_bytes + @bytes WHERE name = 'update';

-- name: CountBlobs :exec
UPDATE counters SET blob_bytes = blob_bytes + @bytes WHERE name = 'log';

-- name: Changes :one
SELECT value FROM counters WHERE name = 'update';

-- name: NextBulk :one
UPDATE counters SET value = greatest(value, @least::bigint) + 1 WHERE name = 'bulk' RETURNING value;

-- name: Value :one
SELECT value, blob FROM records WHERE key = @key;

-- name: ValuePart :one
SELECT substr(value, @first::int, @length::int) AS part, blob FROM records WHERE key = @key;

-- name: RecordsUp :many
SELECT key, value, blob FROM records
WHERE key >= @lower AND (sqlc.narg('upper')::bytea IS NULL OR key < sqlc.narg('upper')) ORDER BY key LIMIT @page;

-- name: RecordsDown :many
SELECT key, value, blob FROM records
WHERE key >= @lower AND (sqlc.narg('upper')::bytea IS NULL OR key < sqlc.narg('upper')) ORDER BY key DESC LIMIT @page;

-- name: Entries :many
SELECT key, value FROM records WHERE key = ANY(@ids::bytea[]);

-- name: LastOfKind :one
SELECT key FROM records WHERE key >= @lower AND key < @upper ORDER BY key DESC LIMIT 1;

-- name: PutRecords :exec
INSERT INTO records (key, value, blob)
SELECT unnest(@keys::bytea[]), unnest(@values::bytea[]), unnest(@blobs::bytea[])
ON CONFLICT (key) DO UPDATE SET value = excluded.value, blob = excluded.blob;

-- name: DeleteRecords :exec
DELETE FROM records WHERE key = ANY(@keys::bytea[]);

-- name: LeaseHeld :one
SELECT epoch FROM leases WHERE name = @name AND epoch = @epoch AND expires_at > clock_timestamp() FOR SHARE;

-- name: AcquireLease :one
INSERT INTO leases (name, epoch, holder, expires_at)
VALUES (@name, 1, @holder, clock_timestamp() + make_interval(secs => @seconds::float8))
ON CONFLICT (name) DO UPDATE SET
    epoch = leases.epoch + (leases.holder <> excluded.holder)::int,
    holder = excluded.holder,
    expires_at = clock_timestamp() + make_interval(secs => @seconds::float8)
WHERE leases.holder = excluded.holder OR leases.expires_at <= clock_timestamp()
RETURNING epoch;

-- name: ReleaseLease :exec
UPDATE leases SET holder = '', expires_at = '-infinity' WHERE name = @name AND epoch = @epoch;

-- name: Usage :one
SELECT (pg_database_size(current_database()) + (SELECT sum(blob_bytes) FROM counters))::bigint;
