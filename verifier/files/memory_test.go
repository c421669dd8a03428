package files

import (
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// Files in memory give what the same files give in a folder of the disk: names, verdicts, and
// which proof is whose.
func TestInMemory(t *testing.T) {
	docs := [][]byte{[]byte(`{"name":"Welding"}`), []byte(`{"name":"Forklift"}`), []byte("a plain file")}
	batch := verifiertest.NewBatch(t, 1, len(docs), func(i int) []byte { return docs[i] })
	proof := func(i int) []byte {
		data, err := batch.Proof(t, i).Encode()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var collection archive.Collection
	if err := collection.Add(batch.Proof(t, 1), "forklift.json"); err != nil {
		t.Fatal(err)
	}
	var packed strings.Builder
	w := archive.NewWriter(&packed)
	if err := collection.Write(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(verifier.Options{Trust: batch.Trust, Now: func() time.Time { return batch.Now }})
	if err != nil {
		t.Fatal(err)
	}
	pack := makeZip(t, entry{name: "in/welding.json", text: string(docs[0])}, entry{name: "in/p.json", text: string(proof(0))})
	for name, all := range map[string]map[string]string{
		"a badge and its proof":          {"welding.json": string(docs[0]), "welding.json.proof.json": string(proof(0))},
		"a proof of another name":        {"welding.json": string(docs[0]), "download (3).json": string(proof(0)), "note.txt": "hello"},
		"in folders":                     {"a/welding.json": string(docs[0]), "b/x/proof.json": string(proof(0)), ".git/config": "x"},
		"an archive":                     {"forklift.json": string(docs[1]), "all.proofs": packed.String()},
		"an archive alone in its folder": {"a/forklift.json": string(docs[1]), "b/all.proofs": packed.String()},
		"a zip beside a badge":           {"class.zip": string(pack), "file": string(docs[2]), "file.proof.json": string(proof(2))},
		"a changed badge":                {"welding.json": string(docs[0]) + " ", "welding.json.proof.json": string(proof(1))},
		"lines": {
			"all.ndjson": strings.ReplaceAll(string(proof(0)), "\n", "") + "\n{}\n", "welding.json": string(docs[0]),
		},
		"files of systems": {"__MACOSX/._welding.json": "x", "__MACOSX/b": "y", "Thumbs.db": "x", "welding.json": string(docs[0])},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			dir := t.TempDir()
			var given []File
			for name, data := range all {
				path := filepath.Join(dir, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
					t.Fatal(err)
				}
				given = append(given, File{name, []byte(data)})
			}
			tasks, err := Named([]string{dir}, nil)
			if err != nil {
				t.Fatal(err)
			}
			lines := func(tasks iter.Seq[Task]) (out []string) {
				for task := range tasks {
					for res := range Results(v, task) {
						why := res.Skipped
						if res.Err != nil {
							why = res.Err.Error()
						}
						line := strings.ReplaceAll(res.Name+" "+res.Word()+" "+why, dir+string(filepath.Separator), "")
						if strings.HasPrefix(line, ".git") {
							continue // a folder is told of once, what is in it each time
						}
						out = append(out, filepath.ToSlash(line))
					}
				}
				slices.Sort(out)
				return out
			}
			got, want := lines(tasksOf(given)), lines(tasks)
			if !slices.Equal(got, want) || len(got) == 0 {
				t.Errorf("in memory\n%s\non the disk\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func tasksOf(given []File) iter.Seq[Task] {
	return func(yield func(Task) bool) {
		for _, t := range InMemory(given) {
			if !yield(t) {
				return
			}
		}
	}
}

// One file alone is what somebody asks about, so it is told that it has no proof. Names lead
// nowhere, and of two files of one name both are looked at.
func TestInMemoryNames(t *testing.T) {
	v, _ := newTestVerifier(t)
	told := func(given ...File) string {
		var out []string
		for _, task := range InMemory(given) {
			for res := range Results(v, task) {
				out = append(out, res.Name+" "+res.Word())
			}
		}
		return strings.Join(out, ", ")
	}
	for _, tt := range []struct {
		given []File
		want  string
	}{
		{nil, ""},
		{[]File{{"note.txt", []byte("hello")}}, "note.txt NO PROOF"},
		{[]File{{"note.txt", nil}, {"note.txt", nil}}, "note (2).txt SKIPPED, note.txt SKIPPED"},
		{[]File{{"/../../etc/passwd", nil}, {"a/../b", nil}}, "b SKIPPED, etc/passwd SKIPPED"},
		{[]File{{"", nil}, {"..", nil}}, "file SKIPPED, file (2) SKIPPED"},
		{[]File{{"a/.hidden/x.json", []byte("{}")}, {"y", nil}}, "a/.hidden/x.json SKIPPED, y SKIPPED"},
	} {
		if got := told(tt.given...); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}
