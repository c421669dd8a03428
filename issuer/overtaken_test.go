package issuer

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/verifier"
)

// That another change came first is known by what kind of error it is, not by its words.
func TestOvertaken(t *testing.T) {
	words := "version 1 was given and 2 is next: another update came first"
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"none":                         {nil, false},
		"a conflict at the node":       {&client.NodeError{Status: http.StatusConflict, Detail: "in other words"}, true},
		"the registry, by a server":    {fmt.Errorf("send: %w", &chain.RevertError{Reason: "in other words", Overtaken: true}), true},
		"another list of that version": {fmt.Errorf("list: %w", errOvertaken), true},
		"a node that says so":          {&client.NodeError{Status: http.StatusUnprocessableEntity, Detail: words}, false},
		"a reason that says so":        {&chain.RevertError{Reason: words}, false},
		"words":                        {errors.New(words), false},
	} {
		if got := overtaken(c.err); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A statement that failed at the node was overtaken if the registry has a list of its
// version, whatever the node's reason is, and also if the node saw it fail before it saw
// that list.
func TestOvertakenWhileWaiting(t *testing.T) {
	private, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	issuer := verifier.Address(crypto.PubkeyToAddress(private.PublicKey))
	home := verifier.Home{Chain: 1, Registry: verifier.RegistryAddress}
	for name, c := range map[string]struct {
		version uint64 // of the registry, when asked again
		reason  string
		want    bool
	}{
		"by another list":       {1, "in other words", true},
		"not, whatever it says": {0, "another update came first", false},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				var answer any = client.Relayed{Issuer: issuer}
				if r.Method == http.MethodGet {
					status := client.IssuerStatus{
						Issuer:  issuer,
						Home:    home,
						Pending: &client.PendingUpdate{Kind: "status", Version: 1, State: publish.Failed, Reason: c.reason},
					}
					if asked++; asked > 1 {
						status.Version = c.version
					}
					answer = status
				} else {
					w.WriteHeader(http.StatusAccepted)
				}
				if err := json.NewEncoder(w).Encode(answer); err != nil {
					t.Error(err)
				}
			}))
			defer server.Close()
			node, err := client.New(server.URL)
			if err != nil {
				t.Fatal(err)
			}

			r := &Registry{Issuer: issuer, Home: home, Node: node, Key: func(verifier.Address) (Key, error) { return chain.NewKey(private), nil }}
			err = r.setStatus(t.Context(), &client.IssuerStatus{Issuer: issuer, Controller: issuer}, nil)
			if err == nil || overtaken(err) != c.want {
				t.Errorf("%v, overtaken %v", err, overtaken(err))
			}
		})
	}
}
