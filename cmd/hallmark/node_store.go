package main

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/anchor/store/postgres"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
)

// Where a node's state lies, from its settings: in a folder, or in PostgreSQL and S3.

// location is where the state of a node lies.
type location struct {
	data  string // a folder
	store string // or the URL of a PostgreSQL database
	blobs string // and of a bucket
}

// shared reports whether it may be several processes'.
func (l location) shared() bool { return l.store != "" }

// locationOf reads it.
func locationOf(node settings) (l location, err error) {
	l = location{data: node.path("data"), store: node.text("store"), blobs: node.text("blobs")}
	if path := node.path("store-file"); path != "" {
		if l.store != "" {
			return l, node.wrong("store-file", "store is given too, and only one of them can hold")
		}
		lines, err := readLines(path)
		if err != nil {
			return l, err
		}
		if len(lines) != 1 {
			return l, node.wrong("store-file", "%s has %d lines, want one", path, len(lines))
		}
		l.store = lines[0].text
	}
	return l, l.check(func(name string) string {
		if _, ok := node["store"]; name == "store" && !ok {
			name = "store-file"
		}
		return node.source(name)
	})
}

// check says what is wrong with it. source says where a setting was given.
func (l location) check(source func(name string) string) error {
	switch {
	case !l.shared() && l.blobs != "":
		return run.Usagef("%s: a bucket goes with a database: --store is needed", source("blobs"))
	case !l.shared() && l.data == "":
		return run.Hint(run.Usagef("--data is needed"), "or --store, if it is in a database")
	case !l.shared():
		return nil
	case !isURL(l.store, "postgres", "postgresql"):
		return run.Usagef("%s: it is not the URL of a database: want postgres://USER@HOST/DATABASE", source("store"))
	case l.blobs == "":
		return run.Usagef("%s is needed: with a database, what is large lies in a bucket", source("blobs"))
	case !isURL(l.blobs, "s3"):
		return run.Usagef("%s: it is not the URL of a bucket: want s3://BUCKET, with ?endpoint=URL for other servers than Amazon's",
			source("blobs"))
	}
	return nil
}

// isURL reports whether a text is a URL with a host and one of some schemes.
func isURL(text string, schemes ...string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return false
	}
	for _, s := range schemes {
		if u.Scheme == s {
			return true
		}
	}
	return false
}

// openShared opens a store that may be several processes'. Folder is for temporary files, and may
// be empty.
func openShared(ctx context.Context, l location, log *slog.Logger) (*store.Store, error) {
	if l.data != "" {
		if err := os.MkdirAll(l.data, 0o700); err != nil {
			return nil, err
		}
	}
	engine, err := postgres.Open(ctx, l.store, l.blobs, postgres.Options{Log: log, Dir: l.data})
	if errors.Is(err, store.ErrUnavailable) {
		err = run.Hint(err, "see that PostgreSQL and S3 run, can be reached from here, and take the keys that they are given")
	}
	if err != nil {
		return nil, err
	}
	s, err := store.New(engine)
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return s, nil
}

// rolesOf reads what a process does.
func rolesOf(node settings, l location) (role.Roles, error) {
	r, err := role.ParseRoles(node.text("role"))
	if err != nil {
		return r, node.wrong("role", "%v", err)
	}
	if !l.shared() && r != role.AllRoles {
		return r, node.wrong("role", "a folder is one process's, which does everything: --store is needed for several")
	}
	return r, nil
}

// errRunning says that what is read may change meanwhile.
var errRunning = errors.New("processes of the node are running: stop them all first")

// idle returns nil if no process of a node has a lease, and takes them, so that none gets to work
// unnoticed: still says whether that was so until then. A folder is one process's in any case.
func idle(s *store.Store) (still func() error, err error) {
	leaders, err := s.Leaders()
	if err != nil {
		return nil, err
	}
	accepted, err := s.Accepted()
	if err != nil {
		return nil, err
	}
	holder := role.NewLeases(s, slog.New(slog.DiscardHandler)).Holder()
	take := func() (leases []kv.Lease, err error) {
		for _, l := range leaders {
			lease, ok, err := s.Acquire(l.Name, holder, 10*time.Second)
			if err == nil && !ok {
				err = errRunning
			}
			if err != nil {
				return nil, err
			}
			leases = append(leases, lease)
		}
		return leases, nil
	}
	before, err := take()
	return func() error {
		after, err := take()
		if err != nil {
			return err
		}
		now, err := s.Accepted()
		if err == nil && (now != accepted || !slices.Equal(after, before)) {
			err = errRunning
		}
		for _, l := range after {
			_ = s.Release(l) // else it ends by itself
		}
		return err
	}, err
}
