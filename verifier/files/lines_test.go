package files

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/hallmark-node/hallmark/verifier"
)

// read returns the names of what a stream holds, with "!" before those that are no
// proof.
func read(t *testing.T, r io.Reader) (names []string) {
	t.Helper()
	lines(nil, "-", r, func(u Task) bool {
		for it := range u {
			mark := ""
			if p, err := it.proofs()[0].read(); (p == nil) == (err == nil) {
				t.Fatalf("%s: proof %v, error %v", it.name, p, err)
			} else if err != nil {
				mark = "!"
				if !strings.HasPrefix(err.Error(), "-") {
					t.Errorf("error %q names no line", err)
				}
			}
			names = append(names, mark+it.name)
		}
		return true
	})
	return names
}

func TestLines(t *testing.T) {
	data, err := os.ReadFile("../testdata/badge.json.proof.json")
	if err != nil {
		t.Fatal(err)
	}
	pretty := string(data)
	line := strings.ReplaceAll(strings.TrimSpace(pretty), "\n", "")
	long := strings.Repeat("x", verifier.MaxProofSize+1)
	for name, tt := range map[string]struct {
		text string
		want string
	}{
		"empty":                         {"", ""},
		"empty lines":                   {"\n\n\r\n", ""},
		"one line":                      {line, "-:1"},
		"one line with its end":         {line + "\n", "-:1"},
		"lines of Windows":              {line + "\r\n" + line + "\r\n", "-:1 -:2"},
		"an empty line between":         {line + "\n\n" + line, "-:1 -:3"},
		"one over many lines":           {pretty, "-"},
		"one over many lines, indented": {"\n" + pretty, "-"},
		"two over many lines":           {pretty + pretty, strings.TrimSpace(strings.Repeat("!-:%d ", 2*strings.Count(pretty, "\n")))},
		"nonsense first":                {"nonsense\n" + line + "\n", "!-:1 -:2"},
		"nonsense last":                 {line + "\n{", "-:1 !-:2"},
		"a long line":                   {long + "\n" + line, "!-:1 -:2"},
		"a long line last":              {line + "\n" + long + long, "-:1 !-:2"},
		"a line of just the limit":      {line + strings.Repeat(" ", verifier.MaxProofSize-len(line)) + "\n" + line, "-:1 -:2"},
		"many":                          {strings.Repeat(line+"\n", 2*perTask+3), strings.TrimSpace(strings.Repeat("-:%d ", 2*perTask+3))},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			want := strings.Fields(tt.want)
			for i := range want {
				want[i] = strings.ReplaceAll(want[i], "%d", fmt.Sprint(i+1))
			}
			if got := read(t, strings.NewReader(tt.text)); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if got := read(t, iotest.OneByteReader(strings.NewReader(tt.text))); !slices.Equal(got, want) {
				t.Errorf("byte by byte: got %v, want %v", got, want)
			}
		})
	}
	// A stream that breaks off says so, whatever came before.
	for _, before := range []string{"", line + "\n", "{\n", line + "\n{"} {
		r := io.MultiReader(strings.NewReader(before), iotest.ErrReader(errors.New("the cable is out")))
		if got := read(t, r); len(got) == 0 || !slices.Contains(got, "!-") {
			t.Errorf("after %.10q: got %v, want that it broke off", before, got)
		}
	}
}
