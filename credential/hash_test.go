package credential

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/hallmark-node/hallmark/internal/sharedtest"
)

func TestAutoChoosesTheForm(t *testing.T) {
	for doc, want := range map[string]Form{
		`{"a":1}`:                           FormJCS,
		" \n\t{ \r\n}":                      FormJCS,
		`[{"a":1}]`:                         FormRaw,
		`"text"`:                            FormRaw,
		"{hello}":                           FormRaw,
		`{\rtf1 text}`:                      FormRaw,
		"":                                  FormRaw,
		"{":                                 FormRaw,
		" ":                                 FormRaw,
		"\xef\xbb":                          FormRaw,
		"\xef\xbb\xbf":                      FormRaw,
		"eyJhbGciOiJIUzI1.e.":               FormRaw,
		"%PDF-1.7":                          FormRaw,
		string(png()):                       FormRaw,
		"<svg/>":                            FormRaw,
		strings.Repeat(" ", 4096) + "{}":    FormJCS,
		strings.Repeat(" ", 4095) + "{}":    FormJCS,
		strings.Repeat(" ", 100_000) + "{}": FormJCS,
		strings.Repeat(" ", 100_000) + "x":  FormRaw,
		strings.Repeat(" ", MaxJSON) + "{}": FormRaw,
	} {
		got, err := Sum(strings.NewReader(doc), FormAuto, "")
		if err != nil {
			t.Errorf("%.20q: %v", doc, err)
			continue
		}
		if form, err := FormOf(got); err != nil || form != want {
			t.Errorf("%.20q: form %q, %v; want %q", doc, form, err, want)
		}
		direct, err := Sum(strings.NewReader(doc), want, "")
		if err != nil || !direct.Equals(got) {
			t.Errorf("%.20q: auto gives %s, %s gives %s (%v)", doc, got, want, direct, err)
		}
		if len(doc) > 10_000 {
			continue
		}
		if slow, err := Sum(iotest.OneByteReader(strings.NewReader(doc)), FormAuto, ""); err != nil || !slow.Equals(got) {
			t.Errorf("%.20q byte by byte: %s, %v", doc, slow, err)
		}
	}
}

// The documents of the published vectors, named by other implementations.
func TestDocumentsOfTheVectors(t *testing.T) {
	var vectors struct {
		Documents []struct{ File, Raw, JCS string }
	}
	if err := json.Unmarshal(readFile(t, sharedtest.Path(t, "vectors", "commitment.json")), &vectors); err != nil {
		t.Fatal(err)
	}
	for _, want := range vectors.Documents {
		dir := "ob30"
		if strings.HasPrefix(want.File, "basic-") || strings.HasPrefix(want.File, "simple-badge") {
			dir = "ob20"
		}
		doc := readFile(t, sharedtest.Path(t, inspectorVC, dir, want.File))
		got, err := Sum(bytes.NewReader(doc), FormRaw, "")
		if err != nil || got.String() != want.Raw {
			t.Errorf("%s: raw %s, %v; want %s", want.File, got, err, want.Raw)
		}
		auto := want.Raw
		if want.JCS != "" {
			auto = want.JCS
		}
		if baked, err := Unbake(doc); err == nil { // the credential inside counts
			inside, err := Sum(bytes.NewReader(baked.Text), FormJCS, "")
			if err != nil {
				t.Errorf("%s: %v", want.File, err)
			}
			auto = inside.String()
		}
		if got, err = Sum(bytes.NewReader(doc), FormAuto, "sha2-256"); err != nil || got.String() != auto {
			t.Errorf("%s: auto %s, %v; want %s", want.File, got, err, auto)
		}
		if want.JCS == "" {
			_, err = Sum(bytes.NewReader(doc), FormJCS, "")
			if !errors.Is(err, ErrForm) {
				t.Errorf("%s as json-jcs: %v", want.File, err)
			}
		}
	}
	if len(vectors.Documents) == 0 {
		t.Fatal("no documents in the vectors")
	}
}

// Digests of "abc" as published with each function.
func TestHashes(t *testing.T) {
	for name, want := range map[string]string{
		"":         "01551220ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha2-256": "01551220ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha2-512": "01551340ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
			"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
		"sha3-256":   "015516203a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
		"keccak-256": "01551b204e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
		"blake3":     "01551e206437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
	} {
		c, err := Sum(strings.NewReader("abc"), FormRaw, name)
		if err != nil || hex.EncodeToString(c.Bytes()) != want {
			t.Errorf("%s: got %x, %v", name, c.Bytes(), err)
			continue
		}
		if err := checkCID(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if covers, err := Matches(c, strings.NewReader("abc")); covers != CoversFile || err != nil {
			t.Errorf("%s: does not match: %v", name, err)
		}
		if covers, err := Matches(c, strings.NewReader("abd")); covers != CoversNothing || err != nil {
			t.Errorf("%s: another document: %v, %v", name, covers, err)
		}
	}
	for _, name := range []string{"identity", "sha1", "md5", "sha2-256 ", "SHA2-256", "sha2-512-256", "blake2b-256", "0x12"} {
		if c, err := Sum(strings.NewReader("abc"), FormRaw, name); err == nil || !strings.Contains(err.Error(), "sha2-256, sha2-512") {
			t.Errorf("%q: got %s, %v", name, c, err)
		}
	}
	if _, err := Sum(strings.NewReader("abc"), "yaml", ""); err == nil || !strings.Contains(err.Error(), `"yaml"`) {
		t.Errorf("unknown form: %v", err)
	}
}

// A CID may state a longer blake3 digest than Sum makes.
func TestMatchesLongBlake3(t *testing.T) {
	// The first 48 bytes of the extended output for "abc".
	c, err := CIDFromBytes(append([]byte{1, 0x55, 0x1e, 48},
		mustHex(t, "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d851fb250ae7393f5d02813b65d521a0d49")...))
	if err != nil {
		t.Fatal(err)
	}
	if covers, err := Matches(c, strings.NewReader("abc")); covers != CoversFile || err != nil {
		t.Fatalf("got %v, %v", covers, err)
	}
}

func mustHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMatchesInTheFormOfTheCID(t *testing.T) {
	doc := `{"b":1,"a":2,"proof":{"type":"x"}}`
	same := ` {"a": 2e0, "b": 1}`
	jcsCID, err := Sum(strings.NewReader(doc), FormAuto, "keccak-256")
	if err != nil {
		t.Fatal(err)
	}
	rawCID, err := Sum(strings.NewReader(doc), FormRaw, "keccak-256")
	if err != nil {
		t.Fatal(err)
	}
	if covers, err := Matches(jcsCID, strings.NewReader(same)); covers != CoversFile || err != nil {
		t.Errorf("the same badge, written otherwise: %v, %v", covers, err)
	}
	if covers, err := Matches(rawCID, strings.NewReader(same)); covers != CoversNothing || err != nil {
		t.Errorf("other bytes for a raw CID: %v, %v", covers, err)
	}
	if covers, err := Matches(jcsCID, strings.NewReader(`{"a":2,"b":1,"c":0}`)); covers != CoversNothing || err != nil {
		t.Errorf("another badge: %v, %v", covers, err)
	}
	if _, err := Matches(jcsCID, strings.NewReader("not JSON")); err == nil || !strings.Contains(err.Error(), "neither a JSON object") {
		t.Errorf("a file that is not JSON: %v", err)
	}
	// A file that cannot be read says nothing about the CID.
	broken := errors.New("disk on fire")
	for _, c := range []string{jcsCID.String(), rawCID.String()} {
		parsed, err := ParseCID(c)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Matches(parsed, io.MultiReader(strings.NewReader("{"), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) || errors.Is(err, ErrForm) {
			t.Errorf("unreadable file: %v", err)
		}
	}
	if _, err := Sum(iotest.ErrReader(broken), FormAuto, ""); !errors.Is(err, broken) || errors.Is(err, ErrForm) {
		t.Errorf("unreadable file, auto: %v", err)
	}
}

// zeros is a reader of n zero bytes.
type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), z.left))
	clear(p[:n])
	z.left -= int64(n)
	return n, nil
}

// A raw document of 4 GiB is hashed without holding it.
func TestRawStreams(t *testing.T) {
	size := int64(4 << 30)
	if testing.Short() {
		size = 256 << 20
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c, err := Sum(&zeros{size}, FormAuto, "")
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	// sha256 of 4 GiB of zeros, as `head -c 4G /dev/zero | sha256sum` prints it.
	want := "01551220" + sumOfZeros[size]
	if got := hex.EncodeToString(c.Bytes()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes allocated for a document of %d", used, size)
	}
}

// Every published sample has a CID, and what auto refuses is refused for a reason.
func TestSamplesHaveCIDs(t *testing.T) {
	refused := map[string]string{}
	files := samples(t)
	for _, file := range files {
		if _, err := Sum(bytes.NewReader(readFile(t, file)), FormAuto, ""); err != nil {
			refused[filepath.Base(file)] = err.Error()
		}
		if _, err := Sum(bytes.NewReader(readFile(t, file)), FormRaw, ""); err != nil {
			t.Errorf("%s: raw: %v", file, err)
		}
	}
	for file, why := range refused {
		t.Errorf("%s: %s", file, why)
	}
}

// samples returns the published sample files: credentials, pictures and what lies
// beside them.
func samples(t *testing.T) (files []string) {
	t.Helper()
	for _, root := range []string{inspectorVC, inspectorCLR, "material/vc-jose-cose", "material/europass-elm"} {
		err := filepath.WalkDir(sharedtest.Path(t, root), func(path string, entry os.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 100 {
		t.Fatalf("only %d samples", len(files))
	}
	return files
}

var sumOfZeros = map[int64]string{
	4 << 30:   "8479e43911dc45e89f934fe48d01297e16f51d17aa561d4d1c216b1ae0fcddca",
	256 << 20: "a6d72ac7690f53be6ae46ba88506bd97302a093f7108472bd9efc3cefda06484",
}
