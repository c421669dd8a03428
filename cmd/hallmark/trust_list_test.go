package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hallmark-node/hallmark/verifier/online/onlinetest"
)

// TestTrustLists runs the scripts in testdata/lists, which need no chain. WEB is the address
// of a server that has the files of a script's folder web, and under /federation a registry of
// OpenID Federation: its entities are the files of web/entities. SSL_CERT_FILE makes its
// certificate count.
func TestTrustLists(t *testing.T) {
	t.Parallel()
	web := onlinetest.New(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/lists", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			folder := filepath.Join(e.WorkDir, "web")
			mux := http.NewServeMux()
			host := web.Serve(t, "127.0.0.1", mux)
			mux.Handle("/", http.FileServer(http.Dir(folder)))
			mux.Handle("/federation/", newFederation("https://"+host+"/federation", filepath.Join(folder, "entities")))
			mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://169.254.169.254/latest/meta-data/", http.StatusFound)
			})
			roots := filepath.Join(e.WorkDir, "roots.pem")
			e.Setenv("WEB", "https://"+host)
			e.Setenv("SSL_CERT_FILE", roots)
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
			return os.WriteFile(roots, web.PEM, 0o600)
		},
		Cmds: scriptCommands(nil),
	})
}

// federation is a trust anchor. Its key is replaced by a POST.
type federation struct {
	url, folder string

	mu  sync.Mutex
	key ed25519.PrivateKey
}

func newFederation(url, folder string) *federation {
	f := &federation{url: url, folder: folder}
	f.replaceKey()
	return f
}

func (f *federation) replaceKey() {
	_, f.key, _ = ed25519.GenerateKey(rand.Reader) // it never fails
}

func (f *federation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch strings.TrimPrefix(r.URL.Path, "/federation") {
	case "/new-key.json":
		f.replaceKey()
		_, _ = w.Write([]byte(`["did:web:new-key.example"]`))
	case "/.well-known/openid-federation":
		key := map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": b64(f.key.Public().(ed25519.PublicKey))}
		f.sign(w, map[string]any{
			"iss": f.url, "sub": f.url, "jwks": map[string]any{"keys": []any{key}}, "metadata": map[string]any{
				"federation_entity": map[string]any{
					"organization_name": "Member Registry", "federation_list_endpoint": f.url + "/list", "federation_fetch_endpoint": f.url + "/fetch",
				},
			},
		})
	case "/list":
		files, _ := os.ReadDir(f.folder)
		var ids []string
		for _, file := range files {
			ids = append(ids, "did:web:"+file.Name())
		}
		_ = json.NewEncoder(w).Encode(ids)
	case "/fetch":
		sub := r.URL.Query().Get("sub")
		name, err := os.ReadFile(filepath.Join(f.folder, filepath.Base(strings.TrimPrefix(sub, "did:web:"))))
		if err != nil || strings.TrimSpace(string(name)) == "" {
			http.NotFound(w, r)
			return
		}
		f.sign(w, map[string]any{"iss": f.url, "sub": sub, "metadata": map[string]any{
			"federation_entity": map[string]any{"organization_name": strings.TrimSpace(string(name))},
		}})
	default:
		http.NotFound(w, r)
	}
}

func (f *federation) sign(w http.ResponseWriter, claims map[string]any) {
	claims["iat"], claims["exp"] = time.Now().Unix(), time.Now().Add(time.Hour).Unix()
	payload, _ := json.Marshal(claims)
	data := b64([]byte(`{"alg":"EdDSA","typ":"entity-statement+jwt","kid":"k"}`)) + "." + b64(payload)
	_, _ = w.Write([]byte(data + "." + b64(ed25519.Sign(f.key, []byte(data)))))
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
