package credential_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/credential"
)

var cidTexts = []string{
	"bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4",
	"bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei5", // trailing bits
	"BAFKREIFJJCIE6LYPI6NY7AMXNFFTAGCLBUXNDQONFIPMB64F2KM2DEVEI4",
	"bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei1",
	"bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2deve",
	"bafybeifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4", // dag-pb
	"zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA",
	"", "b",
}

func sameAsParseCID(t *testing.T, text string) {
	t.Helper()
	want, wantErr := credential.ParseCID(text)
	got, err := credential.AppendCID([]byte("before"), []byte(text))
	if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		t.Fatalf("%q: %v, ParseCID says %v", text, err, wantErr)
	}
	if rest, ok := bytes.CutPrefix(got, []byte("before")); !ok || err == nil && !bytes.Equal(rest, want.Bytes()) ||
		err != nil && len(rest) > 0 {
		t.Fatalf("%q: %x, ParseCID says %s", text, got, want)
	}
}

func TestAppendCID(t *testing.T) {
	for _, text := range cidTexts {
		sameAsParseCID(t, text)
	}
	for _, document := range []string{`{"a":1}`, "a", "b"} {
		for _, hash := range credential.Hashes() {
			c, err := credential.Sum(strings.NewReader(document), credential.FormAuto, hash)
			if err != nil {
				t.Fatal(err)
			}
			text := []byte(c.String())
			sameAsParseCID(t, string(text))
			for i := range text {
				for _, other := range []byte("a7Q=\x00") {
					was := text[i]
					text[i] = other
					sameAsParseCID(t, string(text))
					text[i] = was
				}
			}
		}
	}
}

func FuzzAppendCID(f *testing.F) {
	for _, text := range cidTexts {
		f.Add(text)
	}
	f.Fuzz(sameAsParseCID)
}

func BenchmarkAppendCID(b *testing.B) {
	text := []byte(cidTexts[0])
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = credential.AppendCID(buf[:0], text); err != nil {
			b.Fatal(err)
		}
	}
}
