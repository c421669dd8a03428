package engines

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Pooler is PgBouncer in front of a server, in transaction mode: what follows a transaction
// may run in another session.
type Pooler struct{ *server }

// StartPooler runs PgBouncer for the length of a test. sessions is how many connections it
// has to the server for each database.
func (p *Postgres) StartPooler(t testing.TB, sessions int) *Pooler {
	t.Helper()
	b, err := p.NewPooler(sessions)
	return forTest(t, b, err)
}

// NewPooler is StartPooler until Close.
func (p *Postgres) NewPooler(sessions int) (*Pooler, error) { return NewPooler(p.address, sessions) }

// NewPooler runs PgBouncer until Close in front of a server that is reached at host:port.
func NewPooler(address string, sessions int) (_ *Pooler, err error) {
	pgbouncer, err := find("pgbouncer", "/usr/sbin")
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	s, err := newServer("pgbouncer", "postgres")
	if err != nil {
		return nil, err
	}
	b := &Pooler{s}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	users, config := filepath.Join(s.folder, "users"), filepath.Join(s.folder, "pgbouncer.ini")
	ini := fmt.Sprintf(`[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = scram-sha-256
auth_file = %s
pool_mode = transaction
default_pool_size = %d
max_client_conn = 500
server_login_retry = 1
`, host, port, s.port(), users, sessions)
	err = errors.Join(
		os.WriteFile(users, fmt.Appendf(nil, "%q %q\n", "hallmark", password), 0o644),
		os.WriteFile(config, []byte(ini), 0o644),
	)
	if err != nil {
		return nil, err
	}
	s.command = func() *exec.Cmd { return s.exec(pgbouncer, config) }
	s.ready = func(ctx context.Context) error {
		c, err := pgx.Connect(ctx, b.URL("postgres"))
		if err != nil {
			return err
		}
		return c.Close(ctx)
	}
	return b, b.Start()
}

// Address is host:port.
func (b *Pooler) Address() string { return b.address }

// URL returns the address of a database, with user and password.
func (b *Pooler) URL(database string) string { return databaseURL(b.address, database) }
