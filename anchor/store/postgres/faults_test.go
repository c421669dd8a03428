package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/testnet/engines"
)

// load appends and updates with several engines until stop. What it returns then is what was
// acknowledged. Each error must say that the outcome is not known.
func load(t *testing.T, all ...*Engine) (stop func() (entries, updates []string)) {
	ctx, cancel := context.WithCancel(context.Background())
	var mu sync.Mutex
	var entries, updates []string
	var group sync.WaitGroup
	for i, e := range all {
		for w := range 4 {
			group.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					id := fmt.Sprintf("%d-%d-%d", i, w, n)
					var err error
					to := &entries
					if w%2 == 0 {
						_, _, err = e.Append(entry(id))
					} else {
						to = &updates
						err = e.Update(func(tx kv.Tx) error {
							return errors.Join(tx.Set([]byte("u"+id), []byte(id)), tx.Set([]byte("w"+id), []byte(id)))
						})
					}
					if err == nil {
						mu.Lock()
						*to = append(*to, id)
						mu.Unlock()
					} else if !errors.Is(err, kv.ErrUnavailable) {
						t.Error(err)
					}
				}
			})
		}
	}
	t.Cleanup(func() { cancel(); group.Wait() })
	return func() ([]string, []string) {
		cancel()
		group.Wait()
		return entries, updates
	}
}

// until waits until the log has n entries more.
func until(t *testing.T, e *Engine, n uint64) {
	t.Helper()
	var first uint64
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		last, err := e.Appended()
		if err == nil && first == 0 {
			first = max(last, 1)
		}
		if err == nil && last >= first+n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d entries, and no more within a minute: %v", last, err)
		}
	}
}

// checkAcknowledged looks for what was acknowledged, and for halves.
func checkAcknowledged(t *testing.T, e *Engine, entries, updates []string) {
	t.Helper()
	ids := numbered(t, e)
	there := make(map[string]bool)
	for _, id := range ids {
		if there[id] {
			t.Errorf("the entry %s is there twice", id)
		}
		there[id] = true
	}
	for _, id := range entries {
		if !there[id] {
			t.Errorf("the entry %s was acknowledged and is not there", id)
		}
	}
	halves := make(map[string]string)
	for _, kind := range []string{"u", "w"} {
		err := e.Scan(kv.Range{Lower: []byte(kind), Upper: []byte{kind[0] + 1}}, func(k, _ []byte) (bool, error) {
			halves[string(k[1:])] += kind
			return true, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for id, have := range halves {
		if have != "uw" {
			t.Errorf("of the update %s there is %s", id, have)
		}
	}
	for _, id := range updates {
		if halves[id] == "" {
			t.Errorf("the update %s was acknowledged and is not there", id)
		}
	}
	t.Logf("%d entries and %d updates were acknowledged", len(entries), len(updates))
}

// An administrator ends all sessions again and again.
func TestSessionsEnded(t *testing.T) {
	running(t)
	name, err := server.NewDatabase()
	if err != nil {
		t.Fatal(err)
	}
	bucket := objects.Bucket(t)
	a, b := open(t, server.URL(name), bucket), open(t, server.URL(name), bucket)
	stop := load(t, a, b)
	for range 10 {
		until(t, a, 5)
		server.Terminate(t, name)
	}
	entries, updates := stop()
	checkAcknowledged(t, b, entries, updates)
}

// An update whose session is ended before its commit is made again, from its beginning.
func TestUpdateAgain(t *testing.T) {
	running(t)
	name, err := server.NewDatabase()
	if err != nil {
		t.Fatal(err)
	}
	e := open(t, server.URL(name), objects.Bucket(t))
	runs := 0
	err = e.Update(func(tx kv.Tx) error {
		if err := tx.Set(fmt.Append(nil, "run", runs), []byte("1")); err != nil {
			return err
		}
		if runs++; runs == 1 {
			get(t, tx, "a")
			server.Terminate(t, name)
		}
		return tx.Set([]byte("a"), fmt.Append(nil, runs))
	})
	if err != nil || runs != 2 {
		t.Errorf("%d runs, %v", runs, err)
	}
	if a, first, second := get(t, e, "a"), get(t, e, "run0"), get(t, e, "run1"); a != "2" || first != "none" || second != "1" {
		t.Errorf("there is %s, %s and %s", a, first, second)
	}
}

// A process that is paused in the middle of an update holds up the others for a few seconds, and
// then begins anew: if it has lost its lease it writes nothing.
func TestPausedHolder(t *testing.T) {
	running(t)
	database, bucket := server.Database(t), objects.Bucket(t)
	a, b := open(t, database, bucket), open(t, database, bucket)
	lease, ok, err := a.Acquire("seal", "a", time.Second)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	inside, taken := make(chan struct{}), make(chan struct{})
	runs := 0
	done := make(chan error)
	go func() {
		done <- a.Update(func(tx kv.Tx) error {
			if runs++; runs == 1 {
				close(inside)
				<-taken
			}
			return tx.Set([]byte("a"), []byte("the old one"))
		}, lease)
	}()
	<-inside
	began := time.Now()
	set(t, b, "a", "the others go on")
	if waited := time.Since(began); waited > idleTime+5*time.Second {
		t.Errorf("the others waited %v", waited)
	}
	next, ok, err := b.Acquire("seal", "b", time.Minute)
	if err != nil || !ok || next.Epoch != 2 {
		t.Errorf("%+v, %v, %v", next, ok, err)
	}
	set(t, b, "a", "the new one", next)
	close(taken)
	if err := <-done; !errors.Is(err, kv.ErrLeaseLost) || runs != 1 {
		t.Errorf("%d runs, %v", runs, err)
	}
	if got := get(t, a, "a"); got != "the new one" {
		t.Errorf("there is %q", got)
	}
}

// While an update has found its lease to be held, nobody else gets it.
func TestLeaseDuringUpdate(t *testing.T) {
	running(t)
	database, bucket := server.Database(t), objects.Bucket(t)
	a, b := open(t, database, bucket), open(t, database, bucket)
	lease, _, err := a.Acquire("seal", "a", 300*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	var other sync.WaitGroup
	err = a.Update(func(tx kv.Tx) error {
		other.Go(func() {
			for { // also after its end
				l, ok, err := b.Acquire("seal", "b", time.Minute)
				if err != nil && !errors.Is(err, kv.ErrUnavailable) {
					t.Error(err)
				}
				if !ok {
					continue
				}
				if got := get(t, b, "a"); l.Epoch != 2 || got != "1" {
					t.Errorf("%+v while there is %q", l, got)
				}
				return
			}
		})
		time.Sleep(600 * time.Millisecond) // the lease ends: the database's clock is no event
		return tx.Set([]byte("a"), []byte("1"))
	}, lease)
	if err != nil {
		t.Error(err)
	}
	other.Wait()
}

// The server crashes and starts under load, in order and not.
func TestServerRestarts(t *testing.T) {
	running(t)
	own := engines.StartPostgres(t)
	database, bucket := own.Database(t), objects.Bucket(t)
	a, b := open(t, database, bucket), open(t, database, bucket)
	stop := load(t, a, b)
	for _, end := range []func(){own.Kill, own.Stop, own.Kill} {
		until(t, a, 5)
		end()
		before := a.Changes()
		if err := a.Get([]byte("nothing"), func([]byte) error { return nil }); !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("without a server: %v", err)
		}
		for end := time.Now().Add(10 * time.Second); a.Changes() == before; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("without a server nothing changes")
			}
		}
		if _, err := Open(t.Context(), database, bucket, Options{}); !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("open without a server: %v", err)
		}
		if err := own.Start(); err != nil {
			t.Fatal(err)
		}
	}
	until(t, b, 5)
	entries, updates := stop()
	checkAcknowledged(t, b, entries, updates)
}

// The server is lost for good, and its synchronous replica takes over.
func TestFailover(t *testing.T) {
	running(t)
	own := engines.StartPostgres(t)
	name, err := own.NewDatabase()
	if err != nil {
		t.Fatal(err)
	}
	bucket := objects.Bucket(t)
	open(t, own.URL(name), bucket) // the tables, before there is a replica
	replica := own.StartReplica(t)
	both := engines.URLOfBoth(own, replica, name)
	a, b := open(t, both, bucket), open(t, both, bucket)
	lease, ok, err := a.Acquire("seal", "a", time.Hour)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	stop := load(t, a, b)
	until(t, a, 20)
	own.Kill()
	if err := replica.Promote(); err != nil {
		t.Fatal(err)
	}
	until(t, b, 20)
	entries, updates := stop()
	checkAcknowledged(t, b, entries, updates)
	if _, ok, err := b.Acquire("seal", "b", time.Minute); ok || err != nil {
		t.Errorf("a lease was lost: %v, %v", ok, err)
	}
	set(t, a, "sealed", "1", lease)
}

// A commit that is on the server's disk, and of which it is not known whether the replica has it, is
// not acknowledged.
func TestCommitWithoutReplica(t *testing.T) {
	running(t)
	own := engines.StartPostgres(t)
	database, bucket := own.Database(t), objects.Bucket(t)
	e := open(t, database, bucket)
	replica := own.StartReplica(t)
	set(t, e, "a", "1")
	replica.Pause()
	defer replica.Continue()
	admin, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	for what, write := range map[string]func() error{
		"update": func() error { return e.Update(func(tx kv.Tx) error { return tx.Set([]byte("a"), []byte("2")) }) },
		"append": func() error { _, _, err := e.Append(entry("a")); return err },
		// It may be there already, as far as the server knows: that is no acknowledgement either.
		"append again": func() error { _, _, err := e.Append(entry("a")); return err },
	} {
		done := make(chan error)
		go func() { done <- write() }()
		for cancelled := 0; cancelled == 0; time.Sleep(time.Millisecond) {
			err := admin.QueryRow(t.Context(), "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity "+
				"WHERE wait_event = 'SyncRep' AND datname = current_database()").Scan(&cancelled)
			if err != nil {
				t.Fatal(err)
			}
			if cancelled > 0 {
				break
			}
			select {
			case err := <-done:
				t.Fatalf("%s without a replica: %v", what, err)
			default:
			}
		}
		if err := <-done; !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// The disk of the database is full: nothing is written, and it goes on once there is room.
func TestFull(t *testing.T) {
	running(t)
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	own := engines.StartPostgres(t)
	database := own.Database(t)
	e := open(t, database, objects.Bucket(t))
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=8m,mode=0777", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("a small disk cannot be mounted: %s", out)
	}
	t.Cleanup(func() {
		own.Kill()
		if out, err := exec.Command("umount", disk).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	for dir := disk; strings.HasPrefix(dir, os.TempDir()) && dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o777); err != nil { // the server has a user of its own
			t.Fatal(err)
		}
	}
	space := filepath.Join(disk, "space")
	own.Folder(t, space)
	sql(t, database, "CREATE TABLESPACE small LOCATION '"+space+"'")
	sql(t, database, "ALTER TABLE records SET TABLESPACE small")
	value := strings.Repeat("x", largeValue-1)
	var err error
	written := 0
	for ; err == nil && written < 1000; written++ {
		err = e.Update(func(tx kv.Tx) error { return tx.Set(fmt.Appendf(nil, "k%04d", written), []byte(value)) })
	}
	if !errors.Is(err, kv.ErrFull) {
		t.Fatalf("after %d values: %v", written, err)
	}
	if _, _, err := e.Append(kv.Entry{ID: []byte("s1"), Put: func(w kv.Writer, n uint64) error {
		for i := range 600 {
			if err := w.Set(fmt.Appendf(nil, "more%d-%d", n, i), []byte(value)); err != nil {
				return err
			}
		}
		return nil
	}}); !errors.Is(err, kv.ErrFull) {
		t.Errorf("append: %v", err)
	}
	last := fmt.Sprintf("k%04d", written-1)
	if got, first := get(t, e, last), get(t, e, "k0000"); got != "none" || first != value {
		t.Errorf("of what was refused %d bytes are there, of the first value %d", len(got), len(first))
	}
	if out, err := exec.Command("mount", "-o", "remount,size=64m", disk).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	set(t, e, last, value)
}

// Starts at once make the tables once; a program works on its schema and the next, and says so of others.
func TestSchema(t *testing.T) {
	running(t)
	database, bucket := server.Database(t), objects.Bucket(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			e, err := Open(t.Context(), database, bucket, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if _, _, err := e.Append(entry("same")); err != nil {
				t.Error(err)
			}
			_ = e.Close()
		})
	}
	group.Wait()

	e := open(t, database, bucket)
	set(t, e, "a", "1")
	provider, err := newProvider(e.pool)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = provider.Close() })
	// Back and forth again: nothing is lost.
	if _, err := provider.DownTo(t.Context(), schemaVersion-1); err != nil {
		t.Fatal(err)
	}
	if got := get(t, e, "a"); got != "1" {
		t.Errorf("there is %q after going back", got)
	}
	e = open(t, database, bucket)
	set(t, e, "b", "2")
	if ids := numbered(t, e); !slices.Equal(ids, []string{"same"}) || get(t, e, "a") != "1" {
		t.Errorf("there is %q", ids)
	}

	// The next version has added something.
	sql(t, database, "ALTER TABLE records ADD COLUMN made_at timestamptz DEFAULT now(); ALTER TABLE leases ADD COLUMN note text")
	sql(t, database, "INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, true)", schemaVersion+1)
	e = open(t, database, bucket)
	set(t, e, "c", "3")
	if n, added, err := e.Append(entry("other")); err != nil || !added || n != 2 {
		t.Errorf("number %d, %v, %v", n, added, err)
	}
	if _, ok, err := e.Acquire("seal", "a", time.Minute); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	sql(t, database, "INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, true)", schemaVersion+2)
	_, err = Open(t.Context(), database, bucket, Options{})
	if err == nil || !strings.Contains(err.Error(), "use a newer version of the program") || errors.Is(err, kv.ErrUnavailable) {
		t.Errorf("a schema that is too new: %v", err)
	}
}

// What cannot be opened is named, and nothing is waited for that will not come.
func TestOpenRefuses(t *testing.T) {
	running(t)
	database, bucket := server.Database(t), objects.Bucket(t)
	careless := engines.StartPostgres(t, "synchronous_commit = off")
	nobody := strings.Replace(database, "hallmark:", "nobody:", 1)
	for _, c := range []struct{ database, bucket, want string }{
		{"postgres://[", bucket, "the address of the database cannot be read"},
		{nobody, bucket, "password authentication failed"},
		{server.URL("nothing"), bucket, `database "nothing" does not exist`},
		{careless.Database(t), bucket, "may lose what it has acknowledged"},
		{database, "http://bucket", "is no bucket"},
		{database, "s3://", "is no bucket"},
		{database, bucket + "&speed=fast", `there is no setting "speed"`},
		{database, strings.Replace(bucket, "path-style=true", "path-style=yes", 1), "path-style is true or false"},
		{database, objects.URL("nothing"), "there is no bucket nothing"},
	} {
		e, err := Open(t.Context(), c.database, c.bucket, Options{})
		if err == nil {
			_ = e.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("%s, %s: %v, want %q", c.database, c.bucket, err, c.want)
		} else if strings.Contains(err.Error(), "of-a-test") {
			t.Errorf("the password is shown: %v", err)
		}
	}
}
