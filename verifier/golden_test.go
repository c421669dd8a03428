package verifier_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hallmark-node/hallmark/verifier/beacon"
)

var update = flag.Bool("update", false, "write the files in testdata anew")

// TestGolden holds the files in testdata, which other tests and other
// implementations read, to what the code writes: a badge, its proof, the same
// proof pending, and a trust store that pins the proof's block. The chain behind
// them exists only here; the registry's state is in tries made by go-ethereum.
func TestGolden(t *testing.T) {
	g := newGood(t)
	trust, err := g.trust.Encode()
	if err != nil {
		t.Fatal(err)
	}
	pending := *g.proof
	pending.Batch, pending.Anchors = nil, nil
	pendingFile, err := pending.Encode()
	if err != nil {
		t.Fatal(err)
	}
	g.trust.Chains[g.world.Chain].Test = true
	testTrust, err := g.trust.Encode()
	if err != nil {
		t.Fatal(err)
	}
	// The proof whose block nobody has pinned; a trust store with one committee; a file of
	// hops, in hex, that leads from there.
	v := newVouched(t)
	v.setBeacon(v.direct())
	v.chain().Witnesses = nil
	committee, err := v.trust.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var pack []byte
	for _, hop := range v.hops {
		pack = beacon.AppendPack(pack, uint64(v.world.Chain), hop)
	}
	for name, want := range map[string][]byte{
		"badge.json":            g.document,
		"badge.json.proof.json": g.encode(),
		"pending.proof.json":    pendingFile,
		"trust.json":            trust,
		"trust-test.json":       testTrust,
		"vouched.proof.json":    v.encode(),
		"trust-committee.json":  committee,
		"hops.hex":              fmt.Appendf(nil, "%x\n", pack),
	} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, want, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from what is written now:\n%s", path, want)
		}
	}
}
