package engines

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	if _, err := connect(t, url).Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, url string) (n int) {
	t.Helper()
	if err := connect(t, url).QueryRow(t.Context(), "SELECT count(*) FROM a").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPostgres(t *testing.T) {
	p := StartPostgres(t)
	url := p.Database(t)
	execute(t, url, "CREATE TABLE a (b int); INSERT INTO a VALUES (1)")
	p.Kill()
	if _, err := pgx.Connect(t.Context(), url); err == nil {
		t.Error("a killed server answers")
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if err := p.Restart(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, url); n != 1 {
		t.Errorf("%d rows after a crash and a restart", n)
	}
	if other := p.Database(t); other == url {
		t.Error("two databases are the same")
	}
	p.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := pgx.Connect(ctx, url); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a paused server: %v", err)
	}
	p.Continue()
	c := connect(t, url)
	if p.Terminate(t, "test1") == 0 {
		t.Error("no connection was ended")
	}
	var ended *pgconn.PgError
	if _, err := c.Exec(t.Context(), "SELECT 1"); !errors.As(err, &ended) || ended.Code != "57P01" {
		t.Errorf("a connection that was ended: %v", err)
	}
}

func TestReplica(t *testing.T) {
	p := StartPostgres(t)
	url := p.Database(t)
	r := p.StartReplica(t)
	execute(t, url, "CREATE TABLE a (b int); INSERT INTO a VALUES (1)")
	p.Kill() // at once: what was acknowledged is there
	if err := r.Promote(); err != nil {
		t.Fatal(err)
	}
	both := URLOfBoth(p, r, "test1")
	if n := count(t, both); n != 1 {
		t.Errorf("%d rows after a failover", n)
	}
	execute(t, both, "INSERT INTO a VALUES (2)")
}

func TestPooler(t *testing.T) {
	p := StartPostgres(t)
	p.Database(t)
	b := p.StartPooler(t, 1)
	// Two clients share the one session.
	one, two := connect(t, b.URL("test1")), connect(t, b.URL("test1"))
	var first, second int
	for c, pid := range map[*pgx.Conn]*int{one: &first, two: &second} {
		if err := c.QueryRow(t.Context(), "SELECT pg_backend_pid()", pgx.QueryExecModeExec).Scan(pid); err != nil {
			t.Fatal(err)
		}
	}
	if first != second {
		t.Errorf("sessions %d and %d", first, second)
	}
}

func TestVersity(t *testing.T) {
	s := StartVersity(t)
	s.Bucket(t)
	get := func() (int, error) {
		r, err := http.Get("http://" + s.Address() + "/")
		if err != nil {
			return 0, err
		}
		r.Body.Close()
		return r.StatusCode, nil
	}
	if code, err := get(); err != nil || code != http.StatusForbidden {
		t.Errorf("without a key: %d, %v", code, err)
	}
	s.Kill()
	if _, err := get(); err == nil {
		t.Error("a killed server answers")
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := get(); err != nil {
		t.Error(err)
	}
}
