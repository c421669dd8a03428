package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/hallmark-node/hallmark/verifier/archive"
)

// Nothing stays open of what was looked at, and not more than some folders meanwhile.
func TestArchivesAreClosed(t *testing.T) {
	v, p := newTestVerifier(t)
	document, err := os.ReadFile("../testdata/badge.json")
	if err != nil {
		t.Fatal(err)
	}
	var all archive.Collection
	var text bytes.Buffer
	w := archive.NewWriter(&text)
	if err := errors.Join(all.Add(p, ""), all.Write(w), w.Close()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i := range 2 * maxFoldersFound {
		folder := filepath.Join(dir, fmt.Sprint(i))
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{
			"a.proofs": text.Bytes(), "b.proofs": text.Bytes(), "broken.proofs": text.Bytes()[:100],
			"badge.json": document,
		} {
			if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would close them, too
	opened := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range entries {
			if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && filepath.Ext(target) == archive.Suffix {
				n++
			}
		}
		return n
	}
	for _, names := range [][]string{
		{dir},
		{filepath.Join(dir, "0", "badge.json"), filepath.Join(dir, "1", "badge.json")},
		{filepath.Join(dir, "0", "a.proofs")},
	} {
		tasks, err := Named(names, nil)
		if err != nil {
			t.Fatal(err)
		}
		checked, most := 0, 0
		for o := range Pipeline(t.Context(), v, tasks, func(io.Writer, Result) {}) {
			checked += o.Tally.Checked()
			most = max(most, opened())
		}
		if n := opened(); checked == 0 || n > 0 {
			t.Errorf("%d credentials of %s: %d archives are open", checked, names, n)
		}
		if most > 2*maxFoldersFound+20 {
			t.Errorf("%d archives were open at a time", most)
		}
	}
}
