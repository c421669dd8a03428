package verifycmd

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/files"
)

// TestShowings: which credentials are named does not depend on the order in which they were done.
func TestShowings(t *testing.T) {
	var want []string
	for i := range maxShownBy {
		want = append(want, fmt.Sprintf("%03d", i))
	}
	for range 10 {
		var s showings
		for _, i := range rand.Perm(maxShownBy + 7) {
			s.add(showing{Witness: files.Witness{File: fmt.Sprintf("%03d", i)}})
		}
		var got []string
		for _, one := range s.first {
			got = append(got, one.File)
		}
		if diff := cmp.Diff(want, got); diff != "" || s.more != 7 {
			t.Errorf("%d more: %s", s.more, diff)
		}
	}
}

// TestWantMuch: the most that may be wanted, against a document that says as much as it can, takes
// little time.
func TestWantMuch(t *testing.T) {
	file := filepath.Join(t.TempDir(), "wanted.csv")
	var lines strings.Builder
	lines.WriteString("framework;code;name\n")
	for i := range 9_999 {
		fmt.Fprintf(&lines, "f;%d;", i)
		if i%2 == 0 {
			lines.WriteString("a\n")
			continue
		}
		lines.WriteString(strings.Repeat("a ", (i-1)%16) + fmt.Sprintf("%x\n", i))
	}
	if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := readWantList(file)
	if err != nil {
		t.Fatal(err)
	}
	r := &verifier.Report{Verdict: verifier.Valid, Covers: "file"}
	for i := range 1000 {
		r.Document.Tags = append(r.Document.Tags, strings.Repeat("a ", 500)+fmt.Sprintf("%x", i))
		r.Document.Alignments = append(r.Document.Alignments, credential.Alignment{
			Name: strings.Repeat("a ", 500), Framework: strings.Repeat("%41", 300), Code: strings.Repeat("é", 500),
			URL: "https://h/{0c0ffee0-1111-4222-8333-444455556666}/" + strings.Repeat("%41", 300),
		})
	}
	start := time.Now()
	l.look(files.Result{Name: "x", Report: r})
	if took := time.Since(start); took > 20*time.Second { // quadratic, not a busy machine
		t.Errorf("it took %s", took)
	}
	if result, _ := l.outcome(97); result != files.WordOnly { // without any "a" before it
		t.Errorf("%v is %s", l.wanted[97], result)
	}
}
