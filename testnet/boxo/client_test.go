package boxo_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	boxogateway "github.com/ipfs/boxo/gateway"
	"github.com/ipfs/boxo/path"
	"github.com/ipfs/go-cid"
	gocar "github.com/ipld/go-car/v2"

	"github.com/hallmark-node/hallmark/anchor/publish"
)

// readAll reads a batch that has been fetched: its signatures and its root.
func readAll(t *testing.T, b publish.Batch, get publish.Getter) (leaves int) {
	t.Helper()
	if err := publish.ReadBatch(t.Context(), get, b, func(s *publish.Submission) error {
		leaves += len(s.Leaves)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return leaves
}

// TestBoxoFetchesBlocks reads a whole batch through boxo's client for blocks.
func TestBoxoFetchesBlocks(t *testing.T) {
	m := memory{}
	b := batch(t, m, 1, 3, 1024, 1025, 40_000)
	remote, err := boxogateway.NewRemoteBlockstore([]string{ours(t, m).URL}, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	leaves := readAll(t, b, func(ctx context.Context, c cid.Cid) ([]byte, error) {
		asked++
		block, err := remote.Get(ctx, c)
		if err != nil {
			return nil, err
		}
		return block.RawData(), nil
	})
	if want := 1 + 3 + 1024 + 1025 + 40_000; leaves != want || asked != len(m) {
		t.Errorf("%d leaves of %d, %d blocks of %d", leaves, want, asked, len(m))
	}
	absent := publish.ManifestCID([32]byte{1})
	if _, err := remote.Get(t.Context(), absent); err == nil {
		t.Error("got a block that is not there")
	}
}

// TestBoxoFetchesCARs reads a whole batch from one CAR, which boxo's client fetches and
// checks against its root, and go-car takes apart.
func TestBoxoFetchesCARs(t *testing.T) {
	m := memory{}
	b := batch(t, m, 1, 3, 1024, 1025, 40_000)
	backend, err := boxogateway.NewRemoteCarBackend([]string{ours(t, m).URL}, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := path.NewImmutablePath(path.FromCid(publish.ManifestCID(b.Manifest)))
	if err != nil {
		t.Fatal(err)
	}
	got := fetchCAR(t, backend, manifest)
	if leaves := readAll(t, b, got.get); leaves != 1+3+1024+1025+40_000 || len(got) != len(m) {
		t.Errorf("%d leaves, %d blocks of %d", leaves, len(got), len(m))
	}
}

func fetchCAR(t *testing.T, backend *boxogateway.CarBackend, p path.ImmutablePath) memory {
	t.Helper()
	_, stream, err := backend.GetCAR(t.Context(), p, boxogateway.CarParams{
		Scope: boxogateway.DagScopeAll, Order: boxogateway.DagOrderDFS, Duplicates: boxogateway.DuplicateBlocksExcluded,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	r, err := gocar.NewBlockReader(stream)
	if err != nil {
		t.Fatal(err)
	}
	got := memory{}
	for {
		block, err := r.Next()
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		got[string(block.Cid().Hash())] = block.RawData()
	}
}

// TestBoxoNoticesAGap lets a block of leaves be missing: boxo's client must not take the
// rest for the whole.
func TestBoxoNoticesAGap(t *testing.T) {
	m := memory{}
	b := batch(t, m, 1000, 70_000)
	for hash, data := range m {
		if len(data) == 1<<20 {
			delete(m, hash)
			break
		}
	}
	response, err := http.Get(ours(t, m).URL + "/ipfs/" + publish.ManifestCID(b.Manifest).String() + "?format=car")
	if err != nil {
		return // broken off before anything was sent
	}
	defer response.Body.Close()
	r, err := gocar.NewBlockReader(response.Body)
	for err == nil {
		_, err = r.Next()
	}
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the stream ends as if it were whole")
	}
}
