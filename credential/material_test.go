package credential

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallmark-node/hallmark/internal/sharedtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Every published file is read, or refused with a reason: testdata/material.golden
// lists what each is, its CID, and what cannot be relied on.
func TestPublishedFiles(t *testing.T) {
	golden := filepath.Join("testdata", "material.golden")
	var table strings.Builder
	root := sharedtest.Path(t, "material")
	for _, folder := range []string{"ob3-1edtech", "europass-elm"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			doc := readFile(t, path)
			name, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			d := Describe(doc)
			checkDescription(t, d)
			fmt.Fprintf(&table, "%s\n  %s\n", filepath.ToSlash(name), d.Title())
			if c, err := Sum(bytes.NewReader(doc), FormAuto, ""); err != nil {
				fmt.Fprintf(&table, "  refused: %v\n", reason(err))
			} else {
				fmt.Fprintf(&table, "  %s\n", c)
				if covers, err := Matches(c, bytes.NewReader(doc)); covers == CoversNothing || err != nil {
					t.Errorf("%s does not match its CID: %s, %v", name, covers, err)
				}
			}
			if d.Problem != "" {
				fmt.Fprintf(&table, "  cannot be relied on: %s\n", d.Problem)
			}
			if d.IssuerByURL {
				fmt.Fprintf(&table, "  names its issuer only behind a URL\n")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	compare(t, golden, table.String())
}

// compare compares a text with a golden file; with -update it writes the file.
func compare(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(readFile(t, golden)), got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
