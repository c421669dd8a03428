package issuer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// A list may come from anywhere if it leads to the root that the evidence shows, and
// from nowhere if it does not.
func TestReadList(t *testing.T) {
	items := make([]verifier.StatusItem, 40_000) // two blocks
	for i := range items {
		items[i] = verifier.StatusItem{ID: merkle.Hash{1, byte(i >> 8), byte(i)}, Code: verifier.StatusRevoked}
	}
	dir := t.TempDir()
	save := func(name string, data []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	asJSON := func(items []verifier.StatusItem) []byte {
		t.Helper()
		status := client.IssuerStatus{Items: []verifier.StatusItem{}}
		for _, item := range items {
			status.Items = append(status.Items, item)
		}
		data, err := json.Marshal(status)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	blocks := func(folder, suffix string, issuer verifier.Address, version uint64, items []verifier.StatusItem) (manifest string, root merkle.Hash) {
		t.Helper()
		list, err := publish.WriteStatusList(issuer, version, items, func(b publish.Block) error {
			manifest = save(folder+"/"+b.CID.String()+suffix, b.Data)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return manifest, list.Root
	}
	issuer := verifier.Address{7}
	whole, root := blocks("whole", ".bin", issuer, 3, items)
	bare, _ := blocks("bare", "", issuer, 3, items)
	other, _ := blocks("other", "", issuer, 3, items[1:])
	version, _ := blocks("version", "", issuer, 2, items)
	stranger, _ := blocks("stranger", "", verifier.Address{8}, 3, items)
	incomplete, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	record := &HomeRecord{Path: "a.proof.json", Issuer: issuer, State: verifier.RegistryState{StatusRoot: root, Version: 3}}
	unordered := slices.Clone(items)
	slices.Reverse(unordered)
	for name, c := range map[string]struct{ path, fault string }{
		"JSON":                  {save("list.json", asJSON(items)), ""},
		"JSON of less":          {save("less.json", asJSON(items[1:])), "is not the list"},
		"JSON of nothing":       {save("nothing.json", asJSON(nil)), "is not the list"},
		"JSON out of order":     {save("order.json", asJSON(unordered)), "may not stand before"},
		"JSON without a list":   {save("without.json", []byte(`{"version":3}`)), "is not the manifest"},
		"blocks":                {whole, ""},
		"blocks by bare CIDs":   {bare, ""},
		"blocks of less":        {other, "is not the manifest"},
		"blocks of a version":   {version, "is not the manifest"},
		"blocks of a stranger":  {stranger, "is not the manifest"},
		"a manifest alone":      {save("alone/manifest", incomplete), "there is no file"},
		"nothing that is known": {save("text", []byte("hello")), "is not the manifest"},
		"an empty file":         {save("empty", nil), "is not the manifest"},
		"no file":               {filepath.Join(dir, "absent"), "absent"},
	} {
		got, err := record.readList(t.Context(), c.path)
		switch {
		case c.fault == "" && (err != nil || !slices.Equal(got, items)):
			t.Errorf("%s: %d items, %v", name, len(got), err)
		case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)):
			t.Errorf("%s: %v, want %q", name, err, c.fault)
		}
	}
}
