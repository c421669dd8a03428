package docs_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

var (
	archiveBlock = regexp.MustCompile("(?ms)^```text archive\n(.*?)^```$")
	firstBlock   = regexp.MustCompile("(?ms)^```json first proof\n(.*?)^```$")
)

// exampleArchive is the archive of the worked example.
func exampleArchive(t *testing.T) []byte {
	t.Helper()
	var set archive.Set
	for i, name := range []string{"", "b.txt"} {
		c, err := credential.Sum(strings.NewReader([]string{"a", "b"}[i]), credential.FormRaw, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := set.Add(c.Bytes(), merkle.Keccak256([]byte(fmt.Sprint("salt ", i))), name); err != nil {
			t.Fatal(err)
		}
	}
	if err := set.Build(); err != nil {
		t.Fatal(err)
	}
	var p verifier.Proof
	p.Submission = verifier.Submission{
		Issuer: verifier.Address{19: 1}, Home: verifier.Home{Chain: 1, Registry: verifier.RegistryAddress},
		Count: 2, IssuedAt: 1767225600, Signature: verifier.Signature{0: 1, 32: 2, 64: 27},
	}
	var out bytes.Buffer
	w := archive.NewWriter(&out)
	if err := w.Add(&set, archive.Shared{Proof: &p}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The bytes that archive.md prints are those of the archive that it describes, and a
// reader takes them.
func TestArchiveExample(t *testing.T) {
	page, err := os.ReadFile("archive.md")
	if err != nil {
		t.Fatal(err)
	}
	data := exampleArchive(t)
	if *update {
		fresh := archiveBlock.ReplaceAllLiteral(page, []byte("```text archive\n"+annotated(data)+"```"))
		fresh = firstBlock.ReplaceAllLiteral(fresh, []byte("```json first proof\n"+string(firstProof(data))+"```"))
		if err := os.WriteFile("archive.md", fresh, 0o644); err != nil {
			t.Fatal(err)
		}
		page = fresh
	}
	block, first := archiveBlock.FindSubmatch(page), firstBlock.FindSubmatch(page)
	if block == nil || first == nil {
		t.Fatal("archive.md has no example")
	}
	var printed []byte
	for line := range strings.Lines(string(block[1])) {
		digits, _, _ := strings.Cut(line, "  ")
		if digits == "(below)" {
			printed = append(printed, first[1]...)
			continue
		}
		b, err := hex.DecodeString(strings.TrimSpace(digits))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		printed = append(printed, b...)
	}
	if !bytes.Equal(printed, data) {
		t.Fatalf("archive.md prints\n%x, want\n%x; go test ./docs -update changes it", printed, data)
	}
	if want := fmt.Sprintf("the %d bytes of the proof", len(first[1])); !bytes.Contains(page, []byte(want)) {
		t.Errorf("archive.md does not speak of %s", want)
	}
	a, err := archive.Open(bytes.NewReader(printed), int64(len(printed)))
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range a.Entries(0, a.Len()) {
		if err != nil {
			t.Fatal(err)
		}
		text, err := e.Proof.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if e.Index == 0 && !bytes.Equal(text, first[1]) {
			t.Errorf("the first proof is\n%s", text)
		}
	}
}

func firstProof(data []byte) []byte {
	head := headOf(data)
	return head[18 : 18+binary.BigEndian.Uint32(head[14:])]
}

func headOf(data []byte) []byte {
	return data[len(data)-4-int(binary.BigEndian.Uint32(data[len(data)-4:])) : len(data)-4]
}

// annotated writes the example's bytes with what they are.
func annotated(data []byte) string {
	var out strings.Builder
	at := 0
	line := func(n int, what string) {
		fmt.Fprintf(&out, "%x  %s\n", data[at:at+n], what)
		at += n
	}
	line(16, "magic")
	line(32, "node 0: the root")
	line(4, "index: the row with the lowest CID")
	line(4, "the other one")
	for i := range 2 {
		line(36, fmt.Sprintf("row %d: CID", i))
		line(32, "salt")
	}
	line(4, "where the name of row 0 ends")
	line(4, "where the name of row 1 ends")
	line(5, "names")
	line(4, "head: groups")
	line(4, "rows")
	line(1, "width")
	line(1, "steps")
	line(4, "names")
	line(4, "shared")
	out.WriteString("(below)  the proof of row 0\n")
	at += len(firstProof(data))
	line(4, "length of the head")
	return out.String()
}
