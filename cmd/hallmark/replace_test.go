package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

// A replacement that is killed at any moment is the same one when the command is given again: the
// new credential is submitted once, and in the end the list says once what replaces the old one.
func TestReplaceResumes(t *testing.T) {
	chain := testchain.StartMining(t, testnet.Config{})
	node := startNode(t, chain)
	c, err := client.New(node)
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("hallmark", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
	}
	write := func(path, text string) string {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keys, password := filepath.Join(home, "keys"), write(filepath.Join(home, "password"), "secret\n")
	account := []string{"--keystore", keys, "--password-file", password}
	run(append([]string{"key", "new", "--light"}, account...)...)

	method := func(method, part string, after bool) func(*wire, *http.Request) bool {
		return func(w *wire, r *http.Request) bool {
			if r.Method != method || !strings.Contains(r.URL.Path, part) {
				return false
			}
			if after { // the node has it, and nobody hears of that
				w.onward.ServeHTTP(httptest.NewRecorder(), r)
			}
			return true
		}
	}
	for moment, killed := range map[string]struct {
		stop               func(*wire, *http.Request) bool
		submitted, revoked bool // when it is killed
	}{
		"before anything":                    {method(http.MethodGet, "/v1/issuers/", false), false, false},
		"before the submission":              {method(http.MethodPost, "/v1/submissions", false), false, false},
		"before the submission is confirmed": {method(http.MethodPost, "/v1/submissions", true), true, false},
		"while it waits for the anchor":      {method(http.MethodGet, "/v1/proofs/", false), true, false},
		"before the list":                    {method(http.MethodPut, "/v1/issuers/", false), true, false},
		"before the list is confirmed":       {method(http.MethodPut, "/v1/issuers/", true), true, true},
	} {
		t.Run(moment, func(t *testing.T) {
			folder := t.TempDir()
			old, next := write(filepath.Join(folder, "old.txt"), moment), write(filepath.Join(folder, "new.txt"), moment+" corrected")
			oldProof, newProof := old+issuer.ProofSuffix, next+issuer.ProofSuffix
			run(append([]string{"submit", "--wait", "--node", node, old}, account...)...)
			p, err := issuer.ReadProof(oldProof)
			if err != nil {
				t.Fatal(err)
			}
			before, version := submissions(t, c), listOf(t, c, p.Proof).Version
			args := append([]string{"replace", "--wait", oldProof, next}, account...)
			w := newWire(t, node)
			w.run(t, syscall.SIGKILL, killed.stop, append(args, "--node", w.url)...)
			if submitted := submissions(t, c) > before; submitted != killed.submitted {
				t.Errorf("when it was killed the new credential was submitted: %v", submitted)
			}
			pending, err := os.ReadFile(newProof)
			if written := err == nil; written == (moment == "before anything") {
				t.Errorf("when it was killed there was a new proof: %v", written)
			}
			// The old one is revoked last, so nobody is ever without a credential.
			if !killed.revoked && listOf(t, c, p.Proof).Version != version {
				t.Error("when it was killed the old one was revoked")
			}
			for range 2 {
				run(append(args, "--node", node)...)
			}
			n, err := issuer.ReadProof(newProof)
			if err != nil {
				t.Fatal(err)
			}
			if pending != nil {
				first, err := verifier.ParseProof(pending)
				if err != nil || first.Salt != n.Salt {
					t.Errorf("the new proof is another one than at first: %v", err)
				}
			}
			if got := submissions(t, c) - before; got != 1 || n.Pending() {
				t.Errorf("%d submissions of the new credential, whose proof is pending: %v", got, n.Pending())
			}
			list := listOf(t, c, p.Proof)
			by, ok := verifier.ReplacedBy(list.Items, p.Leaf(), p.Salt)
			if !ok || !by.Equals(n.Credential) || list.Version != version+1 {
				t.Errorf("version %d after %d: replaced by %s, %v", list.Version, version, by, ok)
			}
		})
	}
}

// listOf returns the list of a proof's issuer once nothing is on its way.
func listOf(t *testing.T, node *client.Client, p *verifier.Proof) client.IssuerStatus {
	t.Helper()
	s, err := node.AwaitIssuer(t.Context(), p.Submission.Home, p.Submission.Issuer, issuer.Idle)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A replacement that sends its own transaction, and is killed before the node has the list behind
// it, publishes the list when the command is given again.
func TestReplaceResumesOnChain(t *testing.T) {
	chain := testchain.StartMining(t, testnet.Config{})
	node := startNode(t, chain)
	c, err := client.New(node)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	for name, text := range map[string]string{
		"password": "secret", "secret": hexutil.Encode(crypto.FromECDSA(chain.Accounts[2].PrivateKey)), "old.txt": "old", "new.txt": "new",
	} {
		if err := os.WriteFile(path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	account := []string{"--keystore", path("keys"), "--password-file", path("password")}
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("hallmark", append(args, account...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
	}
	run("key", "import", "--light", path("secret"))
	run("submit", "--wait", "--node", node, path("old.txt"))
	args := []string{"replace", "--rpc", chain.RPC, path("old.txt.proof.json"), path("new.txt")}
	w := newWire(t, node)
	// The transaction is in a block by now, and the list is not at the node.
	w.run(t, syscall.SIGKILL, func(_ *wire, r *http.Request) bool { return r.Method == http.MethodPut },
		append(append(args, "--node", w.url), account...)...)
	p, err := issuer.ReadProof(path("old.txt.proof.json"))
	if err != nil {
		t.Fatal(err)
	}
	if list := listOf(t, c, p.Proof); list.Known || list.Version != 1 {
		t.Fatalf("version %d of the list is known: %v", list.Version, list.Known)
	}
	run(append(args, "--node", node)...)
	list := listOf(t, c, p.Proof)
	if by, ok := verifier.ReplacedBy(list.Items, p.Leaf(), p.Salt); !ok || list.Version != 1 {
		t.Errorf("version %d: replaced by %s, %v", list.Version, by, ok)
	}
}
