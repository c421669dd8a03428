package boxo_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"github.com/ipfs/boxo/blockservice"
	"github.com/ipfs/boxo/blockstore"
	"github.com/ipfs/boxo/exchange/offline"
	boxogateway "github.com/ipfs/boxo/gateway"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/ipfs/go-datastore"
	dssync "github.com/ipfs/go-datastore/sync"
	gocar "github.com/ipld/go-car/v2"

	"github.com/hallmark-node/hallmark/anchor/gateway"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/internal/sharedtest"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// memory is a copy of blocks, by multihash, as blockstores of IPFS keep them.
type memory map[string][]byte

func (m memory) put(b publish.Block) error {
	m[string(b.CID.Hash())] = b.Data
	return nil
}

func (m memory) get(_ context.Context, c cid.Cid) ([]byte, error) {
	data, ok := m[string(c.Hash())]
	if !ok {
		return nil, fmt.Errorf("block %s: %w", c, role.ErrNotFound)
	}
	return data, nil
}

// ours serves blocks by this project's gateway.
func ours(t testing.TB, m memory) *httptest.Server {
	server := httptest.NewServer(gateway.New(m.get, slog.New(slog.DiscardHandler)))
	t.Cleanup(server.Close)
	return server
}

// theirs serves the same blocks by boxo's.
func theirs(t testing.TB, m memory) *httptest.Server {
	t.Helper()
	store := blockstore.NewBlockstore(dssync.MutexWrap(datastore.NewMapDatastore()))
	store = blockstore.NewIdStore(store)
	for hash, data := range m {
		block, err := blocks.NewBlockWithCid(data, cid.NewCidV1(cid.Raw, []byte(hash)))
		if err == nil {
			err = store.Put(t.Context(), block)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	backend, err := boxogateway.NewBlocksBackend(blockservice.New(store, offline.Exchange(store)))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(boxogateway.NewHandler(boxogateway.Config{DeprecatedXIpfsPath: true, DisableHTMLErrors: true}, backend))
	t.Cleanup(server.Close)
	return server
}

// fixture adds the blocks of a CAR of the conformance suite, and returns its root.
func fixture(t testing.TB, m memory, name string) cid.Cid {
	t.Helper()
	f, err := os.Open(sharedtest.Path(t, "material", "gateway-conformance", "fixtures", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gocar.NewBlockReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for {
		b, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Roots[0]
		}
		if err != nil {
			t.Fatal(err)
		}
		m[string(b.Cid().Hash())] = b.RawData()
	}
}

// batch publishes submissions of so many leaves each.
func batch(t testing.TB, m memory, leaves ...int) publish.Batch {
	t.Helper()
	key := secp256k1.PrivKeyFromBytes([]byte("the key of an invented university"))
	var all []*publish.Submission
	for i, n := range leaves {
		hashes := make([]merkle.Hash, n)
		for j := range hashes {
			binary.BigEndian.PutUint64(hashes[j][:], uint64(i+1)<<40|uint64(j))
		}
		tree, err := merkle.FromSorted(hashes)
		if err != nil {
			t.Fatal(err)
		}
		s := &publish.Submission{
			Home: verifier.Home{Chain: 31337, Registry: verifier.Address{1}},
			Root: tree.Root(), Count: uint64(n), IssuedAt: 1767225600, Leaves: hashes,
		}
		digest := verifier.SubmissionDigest(s.Home, s.Root, s.Count, s.IssuedAt)
		compact := ecdsa.SignCompact(key, digest[:], false)
		copy(s.Signature[:], compact[1:])
		s.Signature[64] = compact[0]
		if s.Issuer, err = verifier.Recover(digest, s.Signature); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *publish.Submission) int { return merkle.Compare(a.ID(), b.ID()) })
	var ids []merkle.Hash
	for _, s := range all {
		ids = append(ids, s.ID())
	}
	tree, err := merkle.FromSorted(ids)
	if err != nil {
		t.Fatal(err)
	}
	b, err := publish.WriteBatch(tree, iter.Seq2[*publish.Submission, error](func(yield func(*publish.Submission, error) bool) {
		for _, s := range all {
			if !yield(s, nil) {
				return
			}
		}
	}), m.put)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// answer is what a server said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func ask(t testing.TB, method, url string, header http.Header) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := (&http.Transport{DisableCompression: true}).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, body}
}

func words(s string) []string { return strings.Fields(s) }
