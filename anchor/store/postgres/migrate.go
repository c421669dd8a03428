package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schemaVersion is the newest of the migrations: what this program makes of a database. A
// migration only adds to what is there, so a program works on the schema of the next version too: while
// a new program is rolled out the old one goes on, and can be gone back to.
const schemaVersion = 2

// migrateTime bounds how long a start waits for migrations, those of another process included.
const migrateTime = 5 * time.Minute

// migrate brings a database to a version of the schema, if it is at an older one.
func migrate(ctx context.Context, pool *pgxpool.Pool, version int64) error {
	ctx, cancel := context.WithTimeout(ctx, migrateTime)
	defer cancel()
	there, err := schemaOf(ctx, pool)
	switch {
	case err != nil:
		return err
	case there > version+1:
		return fmt.Errorf("the database has schema %d, this program knows %d and can use %d: use a newer version of the program",
			there, version, version+1)
	case there >= version:
		return nil
	}
	provider, err := newProvider(pool)
	if err != nil {
		return err
	}
	_, err = provider.UpTo(ctx, version)
	if err = errors.Join(err, provider.Close()); err != nil {
		return fmt.Errorf("make the tables of schema %d: %w", version, failed("write to", err))
	}
	return nil
}

// schemaOf returns the version of the schema, 0 if there is none yet.
func schemaOf(ctx context.Context, pool *pgxpool.Pool) (version int64, err error) {
	var there bool
	if err = pool.QueryRow(ctx, "SELECT to_regclass('goose_db_version') IS NOT NULL").Scan(&there); err == nil && there {
		err = pool.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version").Scan(&version)
	}
	if err != nil {
		return 0, failed("read from", err)
	}
	return version, nil
}

// newProvider returns what migrates. Its lock is a row, since advisory locks of sessions do not hold
// behind a pooler.
func newProvider(pool *pgxpool.Pool) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	config := pool.Config().ConnConfig.Copy()
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	locker, err := lock.NewPostgresTableLocker(
		lock.WithTableName("migration_lock"),
		lock.WithTableLockTimeout(100*time.Millisecond, uint64(migrateTime/(100*time.Millisecond))),
		lock.WithTableUnlockTimeout(100*time.Millisecond, 100),
		lock.WithTableLogger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, stdlib.OpenDB(*config), files,
		goose.WithLocker(locker), goose.WithDisableGlobalRegistry(true))
}
