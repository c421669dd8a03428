package qrproof

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	go_qr "github.com/piglig/go-qr"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// The examples of RFC 9285, sections 4.3 and 4.4.
func TestBase45(t *testing.T) {
	for plain, encoded := range map[string]string{
		"AB": "BB8", "Hello!!": "%69 VD92EX0", "base-45": "UJCLQE7W581", "ietf!": "QED8WEX0",
		"": "",
	} {
		if got := base45([]byte(plain)); got != encoded {
			t.Errorf("%q: %q, want %q", plain, got, encoded)
		}
		if got, err := parseBase45([]byte(encoded)); err != nil || string(got) != plain {
			t.Errorf("%q: %q, %v, want %q", encoded, got, err, plain)
		}
	}
	for _, wrong := range []string{"GGW", ":::", "A", "QED8WEX", "bb8", "::", "BB8\n"} {
		if got, err := parseBase45([]byte(wrong)); err == nil {
			t.Errorf("%q is read as %x", wrong, got)
		}
	}
}

// deep is a proof of a credential in a submission of 2^20, with the evidence of a large
// chain.
func deep(t testing.TB) *verifier.Proof {
	t.Helper()
	id, err := credential.Sum(strings.NewReader("{}"), credential.FormAuto, "")
	if err != nil {
		t.Fatal(err)
	}
	hash := func(i int) verifier.Hash { return sha256.Sum256([]byte{byte(i)}) }
	path := func(n int) (hashes []verifier.Hash) {
		for i := range n {
			hashes = append(hashes, hash(i))
		}
		return hashes
	}
	p := &verifier.Proof{
		Credential: id, Salt: hash(77),
		Submission: verifier.Submission{
			Issuer: verifier.Address{1, 2, 3}, Home: verifier.Home{Chain: 1, Registry: verifier.Address{4, 5, 6}},
			Count: 1 << 20, IssuedAt: 1767225600, Path: path(20), Signature: verifier.Signature{64: 27},
		},
		Batch:   &verifier.Batch{Path: path(10)},
		Anchors: []verifier.Anchor{{Chain: 1, Registry: verifier.Address{4, 5, 6}, Header: bytes.Repeat([]byte{1}, 600)}},
		Hints:   &verifier.Hints{Node: "https://node.hallmark.example", Transaction: hash(1).String()},
	}
	for i := range 16 {
		a := &p.Anchors[0]
		a.AccountProof = append(a.AccountProof, bytes.Repeat([]byte{byte(i)}, 532))
	}
	a := &p.Anchors[0]
	a.StorageProof = append(a.StorageProof, []byte{1})
	return p
}

// A proof at depth 20 without chain evidence fits into a code for phones, and comes
// back as the pending form, from the text and from the picture.
func TestCode(t *testing.T) {
	p := deep(t)
	code, err := Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("version %d, %d characters", code.Version(), len(code.Text))
	if code.Version() > MaxVersion || code.Whole {
		t.Errorf("version %d, whole %v", code.Version(), code.Whole)
	}
	want := *p
	want.Batch, want.Anchors, want.Hints = nil, nil, &verifier.Hints{Node: p.Hints.Node}
	picture, err := code.ToPNGBytes(go_qr.NewQrCodeImgConfig(4, 4))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"text": []byte(code.Text + "\n"), "picture": picture} {
		got, err := Decode(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		a, err := got.Encode()
		b, err2 := want.Encode()
		if err := errors.Join(err, err2); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: %s, %v, want %s", name, a, err, b)
		}
	}
	// What is short enough is there whole; a URL that is too long is left out.
	small := want
	if code, err := Encode(&small); err != nil || !code.Whole {
		t.Errorf("a pending proof: %+v, %v", code, err)
	}
	small.Hints = &verifier.Hints{Node: "https://" + strings.Repeat("a", 2000)}
	code, err = Encode(&small)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Decode([]byte(code.Text)); err != nil || got.Hints != nil || !reflect.DeepEqual(got.Submission, small.Submission) {
		t.Errorf("a long URL: %+v, %v", got, err)
	}
}

func TestDecodeHostile(t *testing.T) {
	code, err := Encode(deep(t))
	if err != nil {
		t.Fatal(err)
	}
	other, err := go_qr.EncodeText("https://a.example/HM1:", go_qr.Low)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := other.ToPNGBytes(go_qr.NewQrCodeImgConfig(4, 4))
	if err != nil {
		t.Fatal(err)
	}
	huge := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x00\x00\x00\x00\x00\x00\x00\x00")
	for name, tt := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":              {nil, ErrNoCode},
		"another text":         {[]byte("HC1:" + code.Text[4:]), ErrNoCode},
		"lower case":           {[]byte(strings.ToLower(code.Text)), ErrNoCode},
		"a code of something":  {picture, ErrNoCode},
		"a huge picture":       {huge, ErrNoCode},
		"a picture cut off":    {picture[:100], ErrNoCode},
		"cut off":              {[]byte(code.Text[:400]), verifier.ErrNotProof},
		"an empty code":        {[]byte(Prefix), verifier.ErrNotProof},
		"no base45":            {[]byte(Prefix + "abc"), verifier.ErrNotProof},
		"something behind it":  {[]byte(code.Text + "000"), verifier.ErrNotProof},
		"white space in it":    {[]byte(code.Text[:100] + "\n" + code.Text[100:]), verifier.ErrNotProof},
		"longer than any file": {append([]byte(Prefix), bytes.Repeat([]byte("0"), 2<<20)...), verifier.ErrNotProof},
	} {
		if p, err := Decode(tt.file); !errors.Is(err, tt.want) {
			t.Errorf("%s: %+v, %v, want %v", name, p, err, tt.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	code, err := Encode(deep(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(code.Text))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := Decode(file)
		if err != nil || !bytes.HasPrefix(bytes.TrimSpace(file), []byte(Prefix)) {
			return
		}
		data, err := p.EncodeCBOR()
		if err != nil || Prefix+base45(data) != string(bytes.TrimSpace(file)) {
			t.Fatalf("%q is read as another proof: %v", file, err)
		}
	})
}

var update = flag.Bool("update", false, "rewrite the text of a QR code in docs/spec.md")

// The specification prints a proof, and the text of its code.
func TestPrintedCode(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "spec.md")
	spec, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(spec, []byte("```json proof\n"))
	file, _, _ := bytes.Cut(rest, []byte("```\n"))
	p, err := verifier.ParseProof(file)
	if err != nil {
		t.Fatal(err)
	}
	code, err := Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := bytes.Cut(spec, []byte("```text qr\n"))
	_, after, ok2 := bytes.Cut(rest, []byte("```\n"))
	if !ok || !ok2 {
		t.Fatal("docs/spec.md has no code")
	}
	fresh := slices.Concat(before, []byte("```text qr\n"+code.Text+"\n```\n"), after)
	switch {
	case bytes.Equal(fresh, spec):
	case !*update:
		t.Errorf("docs/spec.md prints another text than %s", code.Text)
	default:
		if err := os.WriteFile(path, fresh, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Evidence of who the issuer is stays if there is room for it, and goes before the code
// becomes one that few phones read. What is signed is the same.
func TestCodeOfNamed(t *testing.T) {
	for _, c := range []struct {
		size  int
		named bool
	}{{40, true}, {600, false}, {verifier.MaxIdentityEvidence, false}} {
		p := *deep(t)
		p.Submission.Identity = []verifier.Identity{{Kind: "x509", Path: []verifier.Hash{{1}}, Evidence: make(verifier.Bytes, c.size)}}
		code, err := Encode(&p)
		if err != nil {
			t.Fatal(err)
		}
		if code.Named != c.named || code.Whole || code.Version() > MaxVersion {
			t.Errorf("%d bytes: version %d, named %v, whole %v", c.size, code.Version(), code.Named, code.Whole)
		}
		want := p.Submission
		if !c.named {
			want.Identity = nil
		}
		if got, err := Decode([]byte(code.Text)); err != nil || !reflect.DeepEqual(got.Submission, want) {
			t.Errorf("%d bytes: %+v, %v", c.size, got, err)
		}
	}
}
