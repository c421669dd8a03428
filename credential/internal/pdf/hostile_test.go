package pdf

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// However a file of 16 MiB is made, it costs time in proportion to its length, and bounded
// memory. The limits are for what is not: a busy machine is far below them.
func TestHostile(t *testing.T) {
	const length = 16 << 20
	fill := func(head, unit, tail string) []byte {
		return append(append([]byte("%PDF-1.7\n"+head), bytes.Repeat([]byte(unit), (length-len(head)-len(tail))/len(unit))...), tail...)
	}
	// section puts a trailer behind, and says that the file's section begins at an offset.
	section := func(at int) string {
		return fmt.Sprintf("\ntrailer<</Root 1 0 R/Info 1 0 R>>\nstartxref\n%d\n%%%%EOF", at)
	}
	const root = "1 0 obj<</Names<</EmbeddedFiles 2 0 R>>/Perms<</DocMDP 1 0 R>>/Reference[1 0 R]>>endobj /ByteRange\n"
	kids := strings.Repeat("2 0 R ", 60_000)
	var chain strings.Builder // sections that lead to one another
	for i := range 100_000 {
		fmt.Fprintf(&chain, "xref\n0 0\ntrailer<</Prev %d>>\n", i*30)
	}
	for name, doc := range map[string][]byte{
		"objects":               fill(root, "2 0 obj ", section(1)),
		"one object in another": fill(root, "2 0 obj<<", section(1)),
		"open strings":          fill(root, "2 0 obj(", section(1)),
		"open hex":              fill(root, "2 0 obj<", section(1)),
		"the word alone":        fill(root, "obj", section(1)),
		"numbers":               fill(root, "1 ", "obj"+section(1)),
		"digits":                fill(root, "1", " 0 obj"+section(1)),
		"white space":           fill(root, " ", "obj"+section(1)),
		"comments":              fill(root, "%\n", "obj"+section(1)),
		"trailers":              fill(root, "trailer<</Root 1 0 R", section(1)),
		"starts":                fill(root, "startxref 9 ", section(1)),
		"object streams":        fill(root, "2 0 obj<</Type/ObjStm/First 9/Length 9>>stream\n", section(1)),
		"a table without end":   fill("xref\n0 8000000\n", "0 0 n ", section(9)),
		"sections":              fill("xref\n", "0 0 ", "trailer<</Root 1 0 R>>"+section(9)),
		"a chain":               fill(chain.String(), " ", section(9)),
		"a dictionary":          fill("1 0 obj<<", "/A 1", ">>endobj"+section(1)),
		"an array":              fill("1 0 obj<</Names[", "[]", "]>>endobj"+section(1)),
		"nodes that hold it":    fill("1 0 obj<</Names<</EmbeddedFiles 1 0 R>>/Limits[(a)(z)]/Kids["+kids+"]/A(", " ", ")>>endobj"+section(1)),
		"names":                 fill("1 0 obj<</Names<</EmbeddedFiles<</Names[", "(a)1 ", "]>>>>>>endobj"+section(1)),
		"escapes":               fill("1 0 obj<</", "#41", " 1>>endobj"+section(1)),
		"packed objects":        packed(layout{}, page("/Names 5 0 R", strings.Repeat(" ", 64<<20))...),
		"packed sections": append(packed(layout{}, page("", strings.Repeat("1 ", 4<<20))...),
			"\n9 0 obj<</Type/XRef/W[0 1 0]/Size 8000000/Length 0>>stream\n"...),
		"XMP": fill(root, "<x:xmpmeta>", section(1)),
	} {
		start := time.Now()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		Describe(doc)
		SealOf(doc)
		_, err := Attach(doc, "hallmark", "x")
		runtime.ReadMemStats(&after)
		took, allocated := time.Since(start), after.TotalAlloc-before.TotalAlloc
		if took > 10*time.Second || allocated > 600<<20 { // of three readings, and not at once
			t.Errorf("%s: took %v and %d MiB", name, took, allocated>>20)
		}
		t.Logf("%s: %v, %d MiB, %v", name, took, allocated>>20, err)
	}
}
