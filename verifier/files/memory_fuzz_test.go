package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
)

// FuzzInMemory: whatever is dropped onto a page, by whatever names, all of it is told of by names
// that lead nowhere, nothing is told that is not there, and without a trust store nothing is valid.
func FuzzInMemory(f *testing.F) {
	read := func(name string) []byte {
		data, err := os.ReadFile("../testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		return data
	}
	badge, proof := read("badge.json"), read("badge.json.proof.json")
	pack := makeZip(f, entry{name: "in/badge.json", text: string(badge)}, entry{name: "p.json", text: string(proof)})
	f.Add("badge.json", badge, "badge.json.proof.json", proof)
	f.Add("a/badge.json", badge, "b/download (1).json", proof)
	f.Add("../../etc/passwd", badge, "/etc/passwd", proof)
	f.Add("", badge, "\x00\xff", proof)
	f.Add("__MACOSX/x", badge, ".git/x", proof)
	f.Add("class.zip", pack, "badge.json", badge)
	f.Add("outer.zip", makeZip(f, entry{name: "inner.zip", text: string(pack)}), "class.zip", pack)
	f.Add("bomb.zip", makeZip(f, entry{name: "bomb", text: strings.Repeat("\x00", 4<<20)}), "over.zip", overlapping(f, 3))
	f.Add("climbs.zip", makeZip(f, entry{name: "../badge.json", text: string(badge)}), "same.zip",
		makeZip(f, entry{name: "a", text: "{}"}, entry{name: "a", text: "{}"}))
	f.Add("all.ndjson", []byte(strings.ReplaceAll(string(proof), "\n", "")+"\n{}\n"), "all.proofs", []byte("\x89HALLMARK"))
	f.Fuzz(func(t *testing.T, name string, data []byte, other string, more []byte) {
		v, err := verifier.New(verifier.Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		told, most := 0, 2+len(data)+len(more)
		for began, task := range InMemory([]File{{name, data}, {other, more}}) {
			if !filepath.IsLocal(began) {
				t.Fatalf("%q leads elsewhere", began)
			}
			for res := range Results(v, task) {
				if told++; told > most {
					t.Fatalf("more than %d results of %d bytes", most, len(data)+len(more))
				}
				if !strings.HasPrefix(res.Name, began) {
					t.Fatalf("%q is told of as %q", began, res.Name)
				}
				if strings.HasPrefix(res.Word(), "VALID") {
					t.Fatalf("%q is valid, and nobody is trusted", res.Name)
				}
			}
		}
		if told == 0 {
			t.Fatal("nothing is told of two files")
		}
	})
}
