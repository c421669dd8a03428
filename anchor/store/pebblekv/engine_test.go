package pebblekv

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/anchor/store/kv/kvtest"
)

// A folder is an engine, on a file system that forgets in a crash what was not synced.
func TestEngine(t *testing.T) {
	kvtest.Run(t, func(*testing.T) kvtest.Place {
		fs := vfs.NewCrashableMem()
		return kvtest.Place{
			Open: func(t *testing.T) kv.Engine {
				t.Helper()
				f, err := Open("data", Options{FS: fs})
				if err != nil {
					t.Fatal(err)
				}
				return f
			},
			Crash: func(t *testing.T, e kv.Engine) {
				t.Helper()
				fs = fs.CrashClone(vfs.CrashCloneCfg{}) // what is still under way goes to the old one
				t.Cleanup(func() {
					if err := e.Close(); err != nil {
						t.Error(err)
					}
				})
			},
			Alone: "a folder is one process's, which holds all leases",
		}
	})
}
