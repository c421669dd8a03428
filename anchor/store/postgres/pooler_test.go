package postgres

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// losing stands between an engine and its server, as a pooler does. Once armed, it loses the next
// answer to a commit, and says so as pgbouncer does when the server's connection ends: with an error
// of its own in the place of the first answer that is lacking.
type losing struct {
	listener net.Listener
	server   string
	armed    atomic.Bool
}

func newLosing(t *testing.T, server string) *losing {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &losing{listener: listener, server: server}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go l.serve(client)
		}
	}()
	return l
}

func (l *losing) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", l.server)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	var loses atomic.Bool
	go func() {
		defer func() { _ = server.Close() }()
		buf := make([]byte, 1<<20)
		for {
			n, err := client.Read(buf)
			if bytes.Contains(buf[:n], []byte("COMMIT\x00")) && l.armed.CompareAndSwap(true, false) {
				loses.Store(true)
			}
			if _, e := server.Write(buf[:n]); err != nil || e != nil {
				return
			}
		}
	}()
	buf := make([]byte, 1<<20)
	for {
		n, err := server.Read(buf)
		if loses.Load() {
			// The server is idle again: it has committed.
			if !bytes.HasSuffix(buf[:n], []byte("Z\x00\x00\x00\x05I")) && err == nil {
				continue
			}
			said := "SFATAL\x00VFATAL\x00C08P01\x00Mserver conn crashed?\x00\x00"
			_, _ = client.Write(append(binary.BigEndian.AppendUint32([]byte{'E'}, uint32(4+len(said))), said...))
			return
		}
		if _, e := client.Write(buf[:n]); err != nil || e != nil {
			return
		}
	}
}

// A pooler that loses the server during a commit does not know whether it was made. An update is not
// made again then.
func TestPoolerLosesCommit(t *testing.T) {
	running(t)
	database, bucket := server.Database(t), objects.Bucket(t)
	l := newLosing(t, server.Address())
	direct := open(t, database, bucket)
	e := open(t, strings.Replace(database, server.Address(), l.listener.Addr().String(), 1), bucket)
	add := func(tx kv.Tx) error {
		before := get(t, tx, "count")
		return tx.Set([]byte("count"), []byte(strings.TrimPrefix(before, "none")+"1"))
	}
	if err := e.Update(add); err != nil {
		t.Fatal(err)
	}
	l.armed.Store(true)
	err := e.Update(add)
	if got := get(t, direct, "count"); !errors.Is(err, kv.ErrUnavailable) || got != "11" {
		t.Errorf("%v, and there is %q: want that it is not known, and that it was made once", err, got)
	}
	if err := e.Update(add); err != nil {
		t.Error(err)
	}
}
