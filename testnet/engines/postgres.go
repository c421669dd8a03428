package engines

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// debian is where Debian's PostgreSQL 15 lies.
const debian = "/usr/lib/postgresql/15/bin"

// password is that of the only user, so that a client that needs none is noticed.
const password = "of-a-test"

// Postgres is a PostgreSQL server. It syncs what it writes, unless it is told otherwise.
type Postgres struct {
	*server

	data      string
	databases atomic.Int32
}

// StartPostgres runs PostgreSQL for the length of a test. Settings are as in postgresql.conf:
// "max_connections = 20".
func StartPostgres(t testing.TB, settings ...string) *Postgres {
	t.Helper()
	p, err := NewPostgres(settings...)
	return forTest(t, p, err)
}

// NewPostgres runs PostgreSQL until Close.
func NewPostgres(settings ...string) (*Postgres, error) {
	initdb, err := find("initdb", debian)
	if err != nil {
		return nil, err
	}
	return newPostgres(settings, func(p *Postgres) error {
		secret := filepath.Join(p.folder, "password")
		if err := os.WriteFile(secret, []byte(password), 0o644); err != nil {
			return err
		}
		return p.run(initdb, "-D", p.data, "-U", "hallmark", "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "--no-locale", "--no-sync")
	})
}

// newPostgres starts a server on the data that fill makes.
func newPostgres(settings []string, fill func(*Postgres) error) (_ *Postgres, err error) {
	postgres, err := find("postgres", debian)
	if err != nil {
		return nil, err
	}
	s, err := newServer("postgres", "postgres")
	if err != nil {
		return nil, err
	}
	p := &Postgres{server: s, data: filepath.Join(s.folder, "data")}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	s.command = func() *exec.Cmd { return s.exec(postgres, "-D", p.data, "-k", s.folder) }
	s.ready = func(ctx context.Context) error { return p.sql(ctx, "SELECT 1") }
	if err := fill(p); err != nil {
		return nil, err
	}
	settings = append([]string{
		"listen_addresses = '127.0.0.1'", "port = " + s.port(), "max_connections = 100", "log_min_messages = warning",
		"wal_level = replica", "max_wal_senders = 4", "shared_buffers = 256MB", "max_wal_size = 4GB", "hot_standby = on",
		"recovery_init_sync_method = syncfs", // after a crash it otherwise syncs thousands of files one by one
	}, settings...)
	if err := p.Configure(settings...); err != nil {
		return nil, err
	}
	return p, p.Start()
}

// Configure adds settings, which a restart makes known.
func (p *Postgres) Configure(settings ...string) error {
	f, err := os.OpenFile(filepath.Join(p.data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(settings, "\n") + "\n")
	return errors.Join(err, f.Close())
}

// URL returns the address of a database, with user and password.
func (p *Postgres) URL(database string) string { return databaseURL(p.address, database) }

// Address is host:port.
func (p *Postgres) Address() string { return p.address }

func databaseURL(hosts, database string) string {
	return fmt.Sprintf("postgres://hallmark:%s@%s/%s?sslmode=disable", password, hosts, database)
}

// NewDatabase makes an empty database and returns its name.
func (p *Postgres) NewDatabase() (string, error) {
	name := fmt.Sprintf("test%d", p.databases.Add(1))
	return name, p.sql(context.Background(), "CREATE DATABASE "+name)
}

// Database makes an empty database for a test and returns its URL.
func (p *Postgres) Database(t testing.TB) string {
	t.Helper()
	name, err := p.NewDatabase()
	if err != nil {
		t.Fatal(err)
	}
	return p.URL(name)
}

func (p *Postgres) sql(ctx context.Context, statement string) error {
	c, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, statement)
	return errors.Join(err, c.Close(ctx))
}

// Terminate ends all connections to a database from the server's side, as an administrator
// may, and returns how many there were.
func (p *Postgres) Terminate(t testing.TB, database string) (ended int) {
	t.Helper()
	ctx := t.Context()
	c, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx) //nolint:errcheck // it was read only
	err = c.QueryRow(ctx, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1", database).Scan(&ended)
	if err != nil {
		t.Fatal(err)
	}
	return ended
}

// StartReplica runs a streaming replica of p for the length of a test. From then on p
// acknowledges a commit only once the replica has it on disk too.
func (p *Postgres) StartReplica(t testing.TB) *Postgres {
	t.Helper()
	r, err := p.NewReplica()
	return forTest(t, r, err)
}

// NewReplica is StartReplica until Close.
func (p *Postgres) NewReplica() (*Postgres, error) {
	backup, err := find("pg_basebackup", debian)
	if err != nil {
		return nil, err
	}
	r, err := newPostgres([]string{"cluster_name = 'replica'", "synchronous_standby_names = ''"}, func(r *Postgres) error {
		return r.run(backup, "-D", r.data, "-d", p.URL("postgres"), "-R", "-X", "stream", "-c", "fast", "--no-sync")
	})
	if err != nil {
		return nil, err
	}
	if err := p.Configure("synchronous_standby_names = '*'"); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	if err := p.sql(context.Background(), "SELECT pg_reload_conf()"); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Promote makes a replica the server that takes writes.
func (p *Postgres) Promote() error { return p.sql(context.Background(), "SELECT pg_promote()") }

// URLOfBoth returns the address of a database that is on either of two servers: the one
// that takes writes.
func URLOfBoth(a, b *Postgres, database string) string {
	return databaseURL(a.address+","+b.address, database) + "&target_session_attrs=read-write"
}

// Folder makes a folder that the server may write, such as for a tablespace.
func (p *Postgres) Folder(t testing.TB, path string) {
	t.Helper()
	err := os.Mkdir(path, 0o700)
	if err == nil && p.owner != nil {
		err = os.Chown(path, int(p.owner.Uid), int(p.owner.Gid))
	}
	if err != nil {
		t.Fatal(err)
	}
}
