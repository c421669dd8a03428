package verifier_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// TestBuiltInStore compares what is built in with docs/builtin.trust.json, from which other
// implementations take it.
func TestBuiltInStore(t *testing.T) {
	store := (*verifier.Trust)(nil).WithDefaults()
	for id, c := range store.Chains {
		trusted := verifier.TrustedBeacon{}
		if c.Beacon != nil {
			trusted = *c.Beacon
		}
		trusted.Network = beacon.ByChain(uint64(id))
		c.Beacon = &trusted
	}
	want, err := store.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("HALLMARK_UPDATE") != "" {
		if err := os.WriteFile("../docs/builtin.trust.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("../docs/builtin.trust.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("docs/builtin.trust.json is not what is built in; HALLMARK_UPDATE=1 writes it anew")
	}
	if _, err := verifier.ParseTrust(got); err != nil {
		t.Error(err)
	}
}
