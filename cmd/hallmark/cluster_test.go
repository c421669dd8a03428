package main

import (
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hallmark-node/hallmark/testnet/engines"
)

// haveEngines reports whether PostgreSQL and an S3 server can be started here: make engines
// installs them.
var haveEngines = sync.OnceValue(func() bool {
	p, err := engines.NewPostgres()
	if err == nil {
		_ = p.Close()
	}
	s, failed := engines.NewVersity()
	if failed == nil {
		_ = s.Close()
	}
	return err == nil && failed == nil
})

// startEngines starts both for a script, and sets STORE and BLOBS to where they are.
func startEngines(ts *testscript.TestScript, _ bool, _ []string) {
	p, err := engines.NewPostgres()
	ts.Check(err)
	ts.Defer(func() { ts.Check(p.Close()) })
	s, err := engines.NewVersity()
	ts.Check(err)
	ts.Defer(func() { ts.Check(s.Close()) })
	database, err := p.NewDatabase()
	ts.Check(err)
	bucket, err := s.NewBucket()
	ts.Check(err)
	ts.Setenv("STORE", p.URL(database))
	ts.Setenv("BLOBS", s.URL(bucket))
	ts.Setenv("AWS_ACCESS_KEY_ID", engines.AccessKey)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", engines.SecretKey)
}
