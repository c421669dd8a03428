package beacon

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestPortalBlockProofs follows the Portal network's paths from blocks of mainnet to its
// list of historical summaries.
func TestPortalBlockProofs(t *testing.T) {
	const dir = "../../../shared/vectors/finality/portal-history/"
	list, err := os.ReadFile(dir + "historical_summaries_at_slot_11476992.ssz")
	if os.IsNotExist(err) {
		t.Skip("the shared vectors are not here")
	}
	n := ByChain(1)
	t.Log(len(list)%64, len(list)/64)
	for _, name := range []string{"beacon_block_proof-17062257.yaml", "beacon_block_proof-19426587.yaml", "beacon_block_proof-22162263.yaml"} {
		data, err := os.ReadFile(dir + name)
		if err != nil {
			t.Fatal(err)
		}
		var hashes []Root
		for _, h := range regexp.MustCompile(`0x[0-9a-f]{64}`).FindAllString(string(data), -1) {
			r, _ := parseRoot(h)
			hashes = append(hashes, r)
		}
		slot, _ := strconv.ParseUint(strings.TrimSpace(strings.SplitAfter(string(data), "slot:")[1]), 10, 64)
		l, _ := n.layoutAt(slot)
		d := depth(l.execution) + 3
		body := climb(hashes[0], l.execution, hashes[1:1+d-3])
		root := climb(body, 8+4, hashes[1+d-3:1+d])
		if root != hashes[1+d] {
			t.Fatalf("%s: %s %s", name, root, hashes[1+d])
		}
		summary := climb(root, n.RootsPerSummary|slot%n.RootsPerSummary, hashes[2+d:])
		i := slot/n.RootsPerSummary - n.firstSummary()
		if summary != Root(list[64*i:64*i+32]) {
			t.Fatal(name, slot, len(hashes), i)
		}
		t.Log(name, "ok", i)
	}
}
func parseRoot(s string) (r Root, err error) { err = r.UnmarshalText([]byte(s)); return }
