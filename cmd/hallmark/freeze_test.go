package main

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hallmark-node/hallmark/verifier/online/onlinetest"
)

// platforms are those of the scripts that run, by their folders: true for one that is gone.
var platforms = make(chan map[string]*atomic.Bool, 1)

func init() { platforms <- make(map[string]*atomic.Bool) }

// platform starts a server that hosts badges, the files of the script's folder web, and puts
// its address into PLATFORM and into all files of the script. What is below /revoked/ is answered
// with 410. With the word gone it answers nobody any more: platform [gone].
func platform(t *testing.T, ts *testscript.TestScript, args []string) {
	all := <-platforms
	defer func() { platforms <- all }()
	where := ts.MkAbs(".")
	if len(args) > 0 {
		all[where].Store(true)
		return
	}
	gone := new(atomic.Bool)
	all[where] = gone
	web, files := onlinetest.New(t), http.FileServer(http.Dir(ts.MkAbs("web")))
	host := web.Serve(t, "127.0.0.1", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case gone.Load():
			panic(http.ErrAbortHandler)
		case strings.HasPrefix(r.URL.Path, "/revoked/"):
			w.WriteHeader(http.StatusGone)
			_, _ = w.Write([]byte(`{"revoked": true, "revocationReason": "issued in error"}`))
		default:
			files.ServeHTTP(w, r)
		}
	}))
	ts.Setenv("PLATFORM", "https://"+host)
	ts.Check(os.WriteFile(ts.MkAbs("authority.pem"), web.PEM, 0o600))
	ts.Setenv("SSL_CERT_FILE", ts.MkAbs("authority.pem"))
	ts.Check(filepath.WalkDir(where, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(data, []byte("$PLATFORM")) {
			return err
		}
		return os.WriteFile(path, bytes.ReplaceAll(data, []byte("$PLATFORM"), []byte("https://"+host)), 0o600)
	}))
}
