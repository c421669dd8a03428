package verifycmd

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
)

// entry is one file of a zip that a test makes. size, if it is not 0, is what the
// zip says of its length, which may be a lie.
type entry struct {
	name, text string
	size       uint64
}

func makeZip(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.size == 0 {
			f, err := w.CreateHeader(header)
			if err == nil {
				_, err = io.WriteString(f, e.text)
			}
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		header.Method = zip.Store
		header.UncompressedSize64, header.CompressedSize64 = e.size, uint64(len(e.text))
		header.CRC32 = crc32.ChecksumIEEE([]byte(e.text))
		f, err := w.CreateRaw(header)
		if err == nil {
			_, err = io.WriteString(f, e.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// overlapping returns a zip whose directory names one file's data n times.
func overlapping(t testing.TB, n int) []byte {
	t.Helper()
	one := makeZip(t, entry{name: "a", text: strings.Repeat("badge", 1000)})
	end := len(one) - 22
	directory := one[binary.LittleEndian.Uint32(one[end+16:]):end]
	out := bytes.Clone(one[:len(one)-22-len(directory)])
	for i := range n {
		d := bytes.Clone(directory)
		d[46] = byte('a' + i) // the name
		out = append(out, d...)
	}
	tail := bytes.Clone(one[end:])
	binary.LittleEndian.PutUint16(tail[8:], uint16(n))
	binary.LittleEndian.PutUint16(tail[10:], uint16(n))
	binary.LittleEndian.PutUint32(tail[12:], uint32(n*len(directory)))
	return append(out, tail...)
}

// manyFiles returns a zip whose directory alone is longer than is read.
func manyFiles(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	name := strings.Repeat("n", 60_000)
	for i := range maxZipDirectory/len(name) + 2 {
		if _, err := w.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(name, i), Method: zip.Store}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestHostileZips(t *testing.T) {
	good := entry{name: "badge.json", text: "{}"}
	for name, tt := range map[string]struct {
		data []byte
		says string
	}{
		"a name that climbs":          {makeZip(t, good, entry{name: "../badge.json", text: "{}"}), "leads out of it"},
		"a name that climbs later":    {makeZip(t, entry{name: "a/../../badge.json", text: "{}"}), "leads out of it"},
		"an absolute name":            {makeZip(t, entry{name: "/etc/passwd", text: "{}"}), "leads out of it"},
		"a name with backslashes":     {makeZip(t, entry{name: `..\badge.json`, text: "{}"}), "leads out of it"},
		"a name with a zero byte":     {makeZip(t, entry{name: "badge.json\x00.png", text: "{}"}), "leads out of it"},
		"a name that is not UTF-8":    {makeZip(t, entry{name: "badge\xff.json", text: "{}"}), "leads out of it"},
		"an empty name":               {makeZip(t, entry{name: "", text: ""}), "leads out of it"},
		"a name twice":                {makeZip(t, good, good), "there twice"},
		"a name twice, once a folder": {makeZip(t, good, entry{name: "badge.json/", text: ""}), "there twice"},
		"a bomb":                      {makeZip(t, good, entry{name: "bomb", text: strings.Repeat("\x00", 4<<20)}), "times as long"},
		"a bomb by its word":          {makeZip(t, entry{name: "bomb", text: "x", size: 1 << 40}), "times as long"},
		"more than all in all":        {makeZip(t, entry{name: "big", text: strings.Repeat("x", 100), size: maxZipSize + 1}), "times as long"},
		"files over each other":       {overlapping(t, 20), "lie over each other"},
		"a directory that is long":    {manyFiles(t), "list of files is longer"},
		"cut":                         {makeZip(t, good)[:60], "not a valid zip"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			_, err := openZip(bytes.NewReader(tt.data), int64(len(tt.data)))
			if !errors.Is(err, errZip) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want an error with %q", err, tt.says)
			}
		})
	}
	data := overlapping(t, 1)
	if _, err := openZip(bytes.NewReader(data), int64(len(data))); err != nil {
		t.Errorf("one file over itself: %v", err)
	}
}

// TestZipLies: a file that is longer than the zip says gives an error, and a proof
// that is broken no verdict.
func TestZipLies(t *testing.T) {
	proof, err := os.ReadFile("../../../verifier/testdata/badge.json.proof.json")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "lies.zip")
	data := makeZip(t,
		entry{name: "short.proof.json", text: string(proof), size: 100},
		entry{name: "long.proof.json", text: string(proof), size: uint64(len(proof)) + 1},
		entry{name: "true.proof.json", text: string(proof)},
	)
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(verifier.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	var results []string
	tasks, err := sources([]string{name}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for u := range tasks {
		for it := range u {
			r := check(v, it)
			results = append(results, fmt.Sprint(filepath.Base(r.name), " ", r.err == nil))
		}
	}
	if got, want := strings.Join(results, ", "), "short.proof.json false, long.proof.json false, true.proof.json true"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// FuzzZip: whatever a zip holds, nothing in it leads out of it, and all that is read
// of it is within the limits.
func FuzzZip(f *testing.F) {
	f.Add(makeZip(f, entry{name: "badge.json", text: "{}"}, entry{name: "a/b.proof.json", text: `{"hallmark":1}`}))
	f.Add(makeZip(f, entry{name: "../x", text: "{}"}))
	f.Add(makeZip(f, entry{name: "x", text: "y", size: 2}))
	f.Add(overlapping(f, 3))
	f.Fuzz(func(t *testing.T, data []byte) {
		z, err := openZip(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			if !errors.Is(err, errZip) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		s := zipShelf("x.zip", z)
		var packed, unpacked uint64
		budget := 1 << 17 // what is read of all; the rest is of the same kind
		for _, file := range z.File {
			if !filepath.IsLocal(file.Name) && file.Name != "" {
				t.Fatalf("the name %q leads out", file.Name)
			}
			packed, unpacked = packed+file.CompressedSize64, unpacked+file.UncompressedSize64
			if budget == 0 || !s.regular(file.Name) {
				continue
			}
			r, err := s.open(file.Name)
			if err != nil {
				continue
			}
			n, _ := io.CopyN(io.Discard, r, int64(budget))
			budget -= int(n)
			r.Close()
			if uint64(n) > file.UncompressedSize64+1 {
				t.Fatalf("%d bytes of %d are read", n, file.UncompressedSize64)
			}
		}
		if packed > uint64(len(data)) || unpacked > packed*maxZipRatio+uint64(len(z.File))*(freeZipSize+maxZipRatio) {
			t.Fatalf("%d bytes packed and %d unpacked out of %d", packed, unpacked, len(data))
		}
	})
}

// A zip may have as many folders as files. Each is listed once, and those above it are
// not, since archives in a zip are not looked into.
func TestZipListsOnce(t *testing.T) {
	data := makeZip(t, entry{name: "a/b/badge.json", text: `{"type":"OpenBadgeCredential"}`})
	z, err := openZip(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	s := zipShelf("x.zip", z)
	if got := s.list("a/b"); len(got) != 1 || got[0] != "a/b/badge.json" {
		t.Errorf("the folder holds %q", got)
	}
	list, listed := s.list, 0
	s.list = func(dir string) []string {
		if listed++; dir != "a/b" || listed > 1 {
			t.Errorf("%s is listed", dir)
		}
		return list(dir)
	}
	find := &finder{tree: s, root: "."}
	for it := range find.items("a/b/badge.json", false) {
		if _, err := it.proofs()[0].read(); err == nil {
			t.Error("a proof was found")
		}
	}
}
