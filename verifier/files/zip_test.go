package files

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
	"unicode/utf8"

	"github.com/hallmark-node/hallmark/verifier"
)

// entry is one file of a zip that a test makes. size, if it is not 0, is what the
// zip says of its length, which may be a lie.
type entry struct {
	name, text string
	size       uint64
	flags      uint16
	method     uint16
	extra      []byte
}

func makeZip(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Extra: e.extra, Flags: e.flags, NonUTF8: e.flags&zipUTF8 == 0}
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
		header.Method = e.method
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
		"files over each other":    {overlapping(t, 20), "lie over each other"},
		"a directory that is long": {manyFiles(t), "list of files is longer"},
		"cut":                      {makeZip(t, good)[:60], "it breaks off, or is damaged"},
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

// One file of a zip that cannot be taken is told of, and its neighbour is taken.
func TestFilesThatAreNotTaken(t *testing.T) {
	good := entry{name: "good.json", text: "{}"}
	badge := entry{name: "badge.json", text: "{}"}
	for name, tt := range map[string]struct {
		entries []entry
		says    string
	}{
		"a name that climbs":              {[]entry{{name: "../badge.json", text: "{}"}}, "leads out of the zip"},
		"a name that climbs later":        {[]entry{{name: "a/../../badge.json", text: "{}"}}, "leads out of the zip"},
		"a name that climbs and is back":  {[]entry{{name: "a/../badge.json", text: "{}"}}, "leads out of the zip"},
		"a name that climbs on Windows":   {[]entry{{name: `..\badge.json`, text: "{}"}}, "leads out of the zip"},
		"an absolute name":                {[]entry{{name: "/etc/passwd", text: "{}"}}, "leads out of the zip"},
		"an absolute name on Windows":     {[]entry{{name: `\\server\badge.json`, text: "{}"}}, "leads out of the zip"},
		"a name with a drive":             {[]entry{{name: `C:\badge.json`, text: "{}"}}, "leads out of the zip"},
		"a name on a drive":               {[]entry{{name: `c:badge.json`, text: "{}"}}, "leads out of the zip"},
		"a name with a zero byte":         {[]entry{{name: "badge.json\x00.png", text: "{}"}}, "zero byte"},
		"a name with a zero byte in 437":  {[]entry{{name: "Zo\x89.json\x00.png", text: "{}"}}, "zero byte"},
		"an empty name":                   {[]entry{{name: "", text: ""}}, "empty"},
		"a name of dots":                  {[]entry{{name: "./.", text: ""}}, "leads out of the zip"},
		"a name that is not UTF-8":        {[]entry{{name: "Zo\x89.json", text: "{}", flags: zipUTF8}}, "not UTF-8"},
		"a name twice":                    {[]entry{badge, badge}, "two files of this name"},
		"a name thrice":                   {[]entry{badge, badge, badge}, "two files of this name"},
		"a name twice, once a folder":     {[]entry{badge, {name: "badge.json/"}}, "two files of this name"},
		"a name twice, once backslashed":  {[]entry{{name: "a/badge.json"}, {name: `a\badge.json`}}, "two files of this name"},
		"a name twice, once with a dot":   {[]entry{badge, {name: "./badge.json"}}, "two files of this name"},
		"a name twice, in two encodings":  {[]entry{{name: "Zo\x89.json"}, {name: "Zoë.json"}}, "two files of this name"},
		"a name twice, once by its extra": {[]entry{badge, {name: "x", extra: unicodeExtra("x", "badge.json")}}, "two files of this name"},
		"a bomb":                          {[]entry{{name: "bomb", text: strings.Repeat("\x00", 4<<20)}}, "times as long"},
		"a bomb by its word":              {[]entry{{name: "bomb", text: "x", size: 1 << 40}}, "times as long"},
		"encrypted":                       {[]entry{{name: "a", text: "x", size: 1, flags: zipEncrypted}}, "encrypted"},
		"LZMA":                            {[]entry{{name: "a", text: "x", size: 1, method: 14}}, "compressed by LZMA"},
		"Deflate64":                       {[]entry{{name: "a", text: "x", size: 1, method: 9}}, "compressed by Deflate64"},
		"a method of nobody":              {[]entry{{name: "a", text: "x", size: 1, method: 4711}}, "compressed by method 4711"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			data := makeZip(t, append(tt.entries, good)...)
			files, err := openZip(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			s := zipShelf("x.zip", files)
			for _, f := range files[:len(tt.entries)] {
				if f.err == nil || !strings.Contains(f.err.Error(), tt.says) {
					t.Errorf("%q: got %v, want an error with %q", f.name, f.err, tt.says)
				}
				if r, err := s.open(f.name); err == nil {
					r.Close()
					t.Errorf("%q can be opened", f.name)
				}
			}
			if last := files[len(tt.entries)]; last.err != nil || last.name != "good.json" {
				t.Errorf("its neighbour %q: %v", last.name, last.err)
			}
		})
	}
}

// unicodeExtra is the extra field in which Info-ZIP gives the name of a file in UTF-8.
func unicodeExtra(raw, name string) []byte {
	out := binary.LittleEndian.AppendUint16(nil, zipUnicodePath)
	out = binary.LittleEndian.AppendUint16(out, uint16(5+len(name)))
	out = append(out, 1)
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(raw)))
	return append(out, name...)
}

// Names as zip programs of different systems write them.
func TestZipNames(t *testing.T) {
	other := unicodeExtra("another", "evil.png") // of a name that was changed since
	for name, tt := range map[string]struct {
		entry
		want string
	}{
		"ASCII":                    {entry{name: "class/anna.png"}, "class/anna.png"},
		"Windows Explorer":         {entry{name: "Zo\x89.png"}, "Zoë.png"},
		"7-Zip":                    {entry{name: "Zo\x89.png", extra: unicodeExtra("Zo\x89.png", "Zoë.png")}, "Zoë.png"},
		"Info-ZIP":                 {entry{name: "?.png", extra: unicodeExtra("?.png", "Ж.png")}, "Ж.png"},
		"with the flag":            {entry{name: "Zoë.png", flags: zipUTF8}, "Zoë.png"},
		"macOS, without the flag":  {entry{name: "Zoe\u0308.png"}, "Zoe\u0308.png"},
		"backslashes":              {entry{name: `class\anna.png`}, "class/anna.png"},
		"a folder":                 {entry{name: "class/"}, "class"},
		"a folder of Windows":      {entry{name: `class\`}, "class"},
		"a dot before":             {entry{name: "./class//anna.png"}, "class/anna.png"},
		"an extra that is another": {entry{name: "Zo\x89.png", extra: other}, "Zoë.png"},
		"an extra that is cut":     {entry{name: "Zo\x89.png", extra: unicodeExtra("Zo\x89.png", "")[:8]}, "Zoë.png"},
		"an extra without a name":  {entry{name: "Zo\x89.png", extra: unicodeExtra("Zo\x89.png", "")}, "Zoë.png"},
		"an extra after others": {entry{
			name: "?", extra: append([]byte("UT\x01\x00x"), unicodeExtra("?", "Ж")...),
		}, "Ж"},
	} {
		got, err := zipName(&zip.File{FileHeader: zip.FileHeader{Name: tt.name, Flags: tt.flags, Extra: tt.extra}})
		if got != tt.want || err != nil {
			t.Errorf("%s: %q, %v, want %q", name, got, err, tt.want)
		}
	}
}

// TestZipLies: a file that is longer than the zip says gives an error, and a proof
// that is broken no verdict.
func TestZipLies(t *testing.T) {
	proof, err := os.ReadFile("../testdata/badge.json.proof.json")
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
	tasks, err := Named([]string{name}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for u := range tasks {
		for it := range u {
			r := check(v, it)
			results = append(results, fmt.Sprint(filepath.Base(r.Name), " ", r.Err == nil))
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
	f.Add(makeZip(f, entry{name: "a\\Zo\x89.png", text: "y"}, entry{name: "?", text: "y", extra: unicodeExtra("?", "a/Ж")}))
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := openZip(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			if !errors.Is(err, errZip) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		s := zipShelf("x.zip", files)
		names := make(map[string]bool)
		var packed, unpacked uint64
		budget := 1 << 17 // what is read of all; the rest is of the same kind
		for _, file := range files {
			if file.err != nil {
				continue
			}
			if !filepath.IsLocal(file.name) || strings.ContainsAny(file.name, "\\\x00") || !utf8.ValidString(file.name) {
				t.Fatalf("the name %q leads out", file.name)
			}
			if names[file.name] && !file.isFolder() {
				t.Fatalf("the name %q is there twice", file.name)
			}
			names[file.name] = true
			packed, unpacked = packed+file.CompressedSize64, unpacked+file.UncompressedSize64
			if budget == 0 || !s.regular(file.name) {
				continue
			}
			r, err := s.open(file.name)
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
		if packed > uint64(len(data)) || unpacked > packed*maxZipRatio+uint64(len(files))*(freeZipSize+maxZipRatio) {
			t.Fatalf("%d bytes packed and %d unpacked out of %d", packed, unpacked, len(data))
		}
	})
}

// A zip may have as many folders as files. All that is in it is listed once.
func TestZipListsOnce(t *testing.T) {
	data := makeZip(t, entry{name: "a/b/badge.json", text: `{"type":"OpenBadgeCredential"}`}, entry{name: "a/.c/hidden.json"})
	files, err := openZip(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	s := zipShelf("x.zip", files)
	if got := s.all("."); len(got) != 1 || got[0] != "a/b/badge.json" {
		t.Errorf("the zip holds %q", got)
	}
	all, listed := s.all, 0
	s.all = func(root string) []string {
		if listed++; root != "." || listed > 1 {
			t.Errorf("%s is listed", root)
		}
		return all(root)
	}
	s.list = func(dir string) []string {
		t.Errorf("%s is listed alone", dir)
		return nil
	}
	find := &finder{tree: s, root: "."}
	for range 2 {
		for it := range find.items("a/b/badge.json", false) {
			if _, err := it.proofs()[0].read(); err == nil {
				t.Error("a proof was found")
			}
		}
	}
}
