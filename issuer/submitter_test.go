package issuer

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// A submission whose proofs could not be written is not sent, however often it is tried with
// the same credentials: its salts would be lost.
func TestNothingIsSentWithoutProofs(t *testing.T) {
	posted := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			posted++
			w.WriteHeader(http.StatusTeapot)
		case r.URL.Path == "/v1/info":
			_, _ = w.Write([]byte(`{"homes":["eip155:31337:0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa"],"maxLeaves":100}`))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	node, err := client.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	private, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	id, err := credential.ParseCID("bafkreib6epubmabzlffdhckpmvsodmjuro6xuaei2qwevs3t52xnlhaatu")
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "later")
	list, err := Credentials([]*Input{{List: id.String(), CID: id.Bytes()}}, folder)
	if err != nil {
		t.Fatal(err)
	}
	s := &Submitter{Node: node, Key: func(verifier.Home) (Key, error) { return chain.NewKey(private), nil }}
	for range 2 {
		if _, err := s.Submit(t.Context(), list); err == nil || posted != 0 {
			t.Fatalf("%d submissions were sent, error %v", posted, err)
		}
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Submit(t.Context(), list); err == nil || posted != 1 {
		t.Errorf("%d submissions were sent, error %v", posted, err)
	}
	if p, err := ReadProof(list[0].Path); err != nil || !p.Pending() {
		t.Errorf("the proof is not there: %v", err)
	}
}
