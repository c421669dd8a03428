package staticdir

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/go-json-experiment/json"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/serving"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

// env is a node with what it has published, and who issues there.
type env struct {
	*anchortest.Node
	client *client.Client
	data   string
	issued []*publish.Submission
}

type issuer struct{ *chain.Key }

func newIssuer(t *testing.T) issuer {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return issuer{chain.NewKey(key)}
}

func (i issuer) sign(t *testing.T, digest merkle.Hash) verifier.Signature {
	t.Helper()
	signature, err := i.SignDigest(digest)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func open(t *testing.T) *env {
	t.Helper()
	e := &env{data: t.TempDir()}
	config := anchortest.Config(e.data, testchain.StartMining(t, testnet.Config{Accounts: 2}))
	e.Node = anchortest.Start(t, config, func(n *anchor.Node) *http.Server {
		return api.NewServer(n, api.Config{Log: slog.New(slog.DiscardHandler)})
	})
	e.client = clientOf(t, e.URL)
	return e
}

func clientOf(t *testing.T, url string) *client.Client {
	t.Helper()
	c, err := client.New(url)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// issue has submissions of so many leaves anchored. They are handed in together, so that some of
// them share a batch.
func (e *env) issue(t *testing.T, by issuer, counts ...int) {
	t.Helper()
	var list []*publish.Submission
	for _, n := range counts {
		leaves := make([]merkle.Hash, n)
		for i := range leaves {
			leaves[i] = merkle.Keccak256(fmt.Append(nil, "leaf ", len(e.issued), len(list), i))
		}
		slices.SortFunc(leaves, merkle.Compare)
		tree, err := merkle.FromSorted(leaves)
		if err != nil {
			t.Fatal(err)
		}
		s := &publish.Submission{
			Issuer: by.Address(), Home: e.Home(), Root: tree.Root(), Count: uint64(n), IssuedAt: 1767225600, Leaves: leaves,
		}
		s.Signature = by.sign(t, verifier.SubmissionDigest(s.Home, s.Root, s.Count, s.IssuedAt))
		if _, err := e.client.Submit(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	for _, s := range list {
		if _, err := e.client.Watch(t.Context(), s.ID(), nil); err != nil {
			t.Fatal(err)
		}
	}
	e.issued = append(e.issued, list...)
}

// revoke publishes the issuer's first list, with a leaf in it.
func (e *env) revoke(t *testing.T, by issuer, leaf merkle.Hash) {
	t.Helper()
	items := []verifier.StatusItem{{ID: leaf, Code: verifier.StatusRevoked}}
	named, err := publish.WriteStatusList(by.Address(), 1, items, func(publish.Block) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	deadline := uint64(time.Now().Add(time.Hour).Unix())
	signature := by.sign(t, verifier.SetStatusDigest(e.Home(), by.Address(), 1, named.Root, named.List, deadline))
	err = e.client.SetStatus(t.Context(), publish.StatusUpdate{
		Issuer: by.Address(), Version: 1, Items: items, Deadline: deadline, Signature: signature[:],
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.client.AwaitIssuer(t.Context(), e.Home(), by.Address(), func(s client.IssuerStatus) bool {
		return s.Version == 1 && s.Pending == nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (e *env) export(t *testing.T, dir string) Report {
	t.Helper()
	report, err := Export(t.Context(), dir, FromNode(e.client), nil)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// serve is a client of a folder that is served as it is.
func serve(t *testing.T, dir string) *client.Client {
	t.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	return clientOf(t, server.URL)
}

// sameProofs holds what a folder gives against what the node answers.
func (e *env) sameProofs(t *testing.T, folder *client.Client) {
	t.Helper()
	for _, s := range e.issued {
		step := max(1, len(s.Leaves)/40)
		for i := 0; i < len(s.Leaves); i += step {
			leaf := s.Leaves[i]
			want, err := e.client.ProofIn(t.Context(), s.ID(), leaf, false)
			if err != nil {
				t.Fatal(err)
			}
			for _, ask := range []func() (client.LeafProof, error){
				func() (client.LeafProof, error) { return folder.ProofIn(t.Context(), s.ID(), leaf, false) },
				func() (client.LeafProof, error) { return folder.Proof(t.Context(), leaf, false) },
			} {
				got, err := ask()
				if err != nil {
					t.Fatal(err)
				}
				a, _ := json.Marshal(got)
				b, _ := json.Marshal(want)
				if !bytes.Equal(a, b) {
					t.Fatalf("leaf %d of %d: got\n%s, want\n%s", i, len(s.Leaves), a, b)
				}
			}
		}
	}
}

// tree is what files a folder has, and what is in them.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func sameFiles(t *testing.T, a, b map[string]string) {
	t.Helper()
	for name := range a {
		if a[name] != b[name] {
			t.Errorf("%s differs, or is in one folder only", name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			t.Errorf("%s is in the other folder only", name)
		}
	}
}

// A folder gives the proofs that the node gives: of one leaf and of thousands, of several issuers in
// a batch, before and after a revocation, and as it grows batch by batch.
func TestFolderIsTheNode(t *testing.T) {
	e := open(t)
	school, college := newIssuer(t), newIssuer(t)
	dir := filepath.Join(t.TempDir(), "site")
	e.issue(t, school, 1)
	e.export(t, dir)
	e.sameProofs(t, serve(t, dir))
	e.issue(t, college, 1, 2, 700, 3000)
	e.issue(t, school, 5, 257)
	e.export(t, dir)
	folder := serve(t, dir)
	e.sameProofs(t, folder)
	e.revoke(t, school, e.issued[0].Leaves[0])
	e.issue(t, college, 3)
	report := e.export(t, dir)
	if report.Pending != 0 || len(report.Missing) != 0 {
		t.Errorf("%+v", report)
	}
	folder = serve(t, dir)
	e.sameProofs(t, folder)
	revoked, err := folder.Proof(t.Context(), e.issued[0].Leaves[0], false)
	if err != nil {
		t.Fatal(err)
	}
	if s := revoked.Anchors[0].Status; len(s) == 0 || s[0].Code != verifier.StatusRevoked {
		t.Errorf("the revocation is not shown: %+v", s)
	}
	status, err := folder.StatusList(t.Context(), e.Home(), school.Address())
	if err != nil || status.Version != 1 || len(status.Items) != 1 {
		t.Errorf("the issuer: %+v, %v", status, err)
	}
	items, err := folder.PublishedStatusList(t.Context(), school.Address(), status.Root)
	if err != nil || len(items) != 1 {
		t.Errorf("the list's blocks: %v, %v", items, err)
	}
	if _, err := folder.Proof(t.Context(), merkle.Hash{1}, false); !client.NotFound(err) {
		t.Errorf("a leaf of nobody: %v", err)
	}

	// Nothing new, nothing written; and a folder that is written at once is the same, whoever it is from.
	if report := e.export(t, dir); report.Written != 0 {
		t.Errorf("written again: %+v", report)
	}
	whole := filepath.Join(t.TempDir(), "whole")
	e.export(t, whole)
	sameFiles(t, tree(t, dir), tree(t, whole))
	if err := e.Stop(); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(e.data, store.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	srv, err := serving.New(s, nil, 0, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	stopped := filepath.Join(t.TempDir(), "stopped")
	if _, err := Export(t.Context(), stopped, FromStore(srv), nil); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, tree(t, whole), tree(t, stopped))
}

// A run that breaks off at any block leaves a folder that gives the proofs of before, and the next
// one completes it.
func TestBrokenRuns(t *testing.T) {
	e := open(t)
	school := newIssuer(t)
	e.issue(t, school, 10)
	dir := filepath.Join(t.TempDir(), "site")
	e.export(t, dir)
	known := e.issued[0]
	folder := serve(t, dir)
	for _, n := range []int{1, 1500, 2, 40_000} {
		e.issue(t, school, n)
	}
	for calls := 1; ; calls++ {
		_, err := Export(t.Context(), dir, &failing{FromNode(e.client), calls}, nil)
		if err == nil {
			break
		}
		if !errors.Is(err, errBroken) {
			t.Fatal(err)
		}
		if _, err := folder.ProofIn(t.Context(), known.ID(), known.Leaves[3], false); err != nil {
			t.Fatalf("after %d calls: %v", calls, err)
		}
	}
	whole := filepath.Join(t.TempDir(), "whole")
	e.export(t, whole)
	e.export(t, dir)
	sameFiles(t, tree(t, dir), tree(t, whole))
}

var errBroken = errors.New("broken off")

// failing is a source that fails after so many calls for all that follow.
type failing struct {
	Source
	left int
}

func (f *failing) Block(ctx context.Context, c cid.Cid) ([]byte, error) {
	if f.left--; f.left < 0 {
		return nil, errBroken
	}
	return f.Source.Block(ctx, c)
}

func (f *failing) ProofIn(ctx context.Context, id, leaf merkle.Hash) (client.LeafProof, error) {
	if f.left--; f.left < 0 {
		return client.LeafProof{}, errBroken
	}
	return f.Source.ProofIn(ctx, id, leaf)
}
