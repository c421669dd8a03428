package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hallmark-node/hallmark/credential/secured"
	"github.com/hallmark-node/hallmark/verifier/online/onlinetest"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// scriptTB lets what is made for tests be used by a script.
type scriptTB struct {
	testing.TB // nil: what is not below is not used
	ts         *testscript.TestScript
}

func (s scriptTB) Helper()                   {}
func (s scriptTB) Cleanup(f func())          { s.ts.Defer(f) }
func (s scriptTB) Fatal(args ...any)         { s.ts.Fatalf("%v", args) }
func (s scriptTB) Fatalf(f string, a ...any) { s.ts.Fatalf(f, a...) }

// requests counts, for each script, what its college was asked.
var requests = make(chan map[string]*atomic.Int32, 1)

func init() { requests <- make(map[string]*atomic.Int32) }

func counter(ts *testscript.TestScript) *atomic.Int32 {
	all := <-requests
	defer func() { requests <- all }()
	where := ts.Getenv("WORK")
	if all[where] == nil {
		all[where] = new(atomic.Int32)
	}
	return all[where]
}

func startCollege(ts *testscript.TestScript, _ bool, _ []string) {
	web, count := onlinetest.New(scriptTB{ts: ts}), counter(ts)
	files := http.FileServer(http.Dir(ts.MkAbs("www")))
	host := web.Serve(scriptTB{ts: ts}, "localhost", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		files.ServeHTTP(w, r)
	}))
	_, port, err := net.SplitHostPort(host)
	check(ts, err)
	ts.Setenv("COLLEGE", "https://localhost:"+port)
	ts.Setenv("ISSUER", "did:web:localhost%3A"+port)
	check(ts, os.WriteFile(ts.MkAbs("authority.pem"), web.PEM, 0o666))
	ts.Setenv("SSL_CERT_FILE", ts.MkAbs("authority.pem"))
	ts.Setenv("XDG_CACHE_HOME", ts.MkAbs("cache"))
	// Files of the script are about this college.
	check(ts, filepath.WalkDir(ts.MkAbs("."), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, []byte(os.Expand(string(data), func(name string) string {
			if name == "COLLEGE" || name == "ISSUER" {
				return ts.Getenv(name)
			}
			return "$" + name
		})), 0o666)
	}))
}

func asked(ts *testscript.TestScript, _ bool, args []string) {
	if n := counter(ts).Swap(0); strconv.Itoa(int(n)) != args[0] {
		ts.Fatalf("the college was asked %d times, want %s", n, args[0])
	}
}

func sign(ts *testscript.TestScript, _ bool, args []string) {
	key, did := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize)), ts.Getenv("ISSUER")
	signed, err := secured.SignJCS([]byte(ts.ReadFile(args[0])), key, did+"#key-1", time.Unix(verifiertest.IssuedAt, 0))
	check(ts, err)
	check(ts, os.WriteFile(ts.MkAbs(args[0]), signed, 0o666))
	multikey, _ := secured.DIDKey(key.Public().(ed25519.PublicKey))
	document, err := json.Marshal(map[string]any{
		"id": did, "assertionMethod": []any{map[string]string{
			"id": did + "#key-1", "type": "Multikey", "controller": did, "publicKeyMultibase": strings.TrimPrefix(multikey, "did:key:"),
		}},
	})
	check(ts, err)
	check(ts, os.MkdirAll(ts.MkAbs("www/.well-known"), 0o777))
	check(ts, os.WriteFile(ts.MkAbs("www/.well-known/did.json"), document, 0o666))
}

func prove(ts *testscript.TestScript, _ bool, args []string) {
	b := verifiertest.NewBatch(scriptTB{ts: ts}, 1, len(args), func(i int) []byte { return []byte(ts.ReadFile(args[i])) })
	for i, name := range args {
		proof, err := b.Proof(scriptTB{ts: ts}, i).Encode()
		check(ts, err)
		check(ts, os.WriteFile(ts.MkAbs(name+".proof.json"), proof, 0o666))
	}
	trust, err := b.Trust.Encode()
	check(ts, err)
	check(ts, os.WriteFile(ts.MkAbs("trust.json"), trust, 0o666))
	ts.Setenv("HALLMARK_TRUST", ts.MkAbs("trust.json"))
	ts.Setenv("HALLMARK_AT", b.Now.UTC().Format(time.RFC3339))
}
