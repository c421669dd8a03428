package portfolio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/hallmark-node/hallmark/issuer/paper"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

const bare = `<!doctype html><html><head><title>Portfolio</title></head><body><div id="page"></div>` + place +
	`<script>go()</script></body></html>`

var made = time.Date(2026, 3, 4, 23, 59, 0, 0, time.UTC)

// read takes a page apart as a browser without scripts does: what stands in each script, and the text that is seen.
func read(t testing.TB, page []byte) (scripts []string, seen string, elements map[string]int) {
	t.Helper()
	root, err := html.ParseWithOptions(bytes.NewReader(page), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	elements = make(map[string]int)
	var text strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == html.ElementNode:
			elements[n.Data]++
			if n.Data == "script" {
				scripts = append(scripts, n.FirstChild.Data)
			}
		case n.Type == html.TextNode && n.Parent.Data != "script":
			text.WriteString(n.Data + " ")
		}
	}
	return scripts, text.String(), elements
}

// oneProof is a proof to put into pages.
func oneProof(t testing.TB) *verifier.Proof {
	t.Helper()
	return verifiertest.NewBatch(t, 1, 1, func(int) []byte { return badge("Welding") }).Proof(t, 0)
}

// Whatever a badge says and is called, it stays in its place, and comes out as it was.
func TestPageKeepsBadgesInTheirPlace(t *testing.T) {
	proof := oneProof(t)
	var badges []paper.Badge
	hostile := []string{
		"</script><script>alert(1)</script>", "<!--<script>", "]]>", "&lt;/script>", `"}]}`, "\u2028\u2029", "\x00\x1b[2J", "\u202egnihsif",
		place,
		"</noscript><img src=x onerror=alert(1)>", "{{.}}", "\xff\xfe",
	}
	for i, text := range hostile {
		name := fmt.Sprintf("%d %s.json", i, strings.ToValidUTF8(text, "?"))
		badges = append(badges, paper.Badge{File: name, Document: badge(text), Proof: proof})
	}
	page, err := fill([]byte(bare), badges, "https://college.example/b/{code}", made)
	if err != nil {
		t.Fatal(err)
	}
	scripts, seen, elements := read(t, page)
	if len(scripts) != 2 || scripts[1] != "go()" || elements["img"] > 0 || elements["li"] != len(badges) {
		t.Fatalf("scripts %q, elements %v", scripts, elements)
	}
	var got content
	if err := json.Unmarshal([]byte(scripts[0]), &got); err != nil {
		t.Fatal(err)
	}
	if got.Made != "2026-03-04" || len(got.Badges) != len(badges) {
		t.Errorf("made %s, %d badges", got.Made, len(got.Badges))
	}
	for i, b := range got.Badges {
		if b.File != badges[i].File || !bytes.Equal(b.Document, badges[i].Document) || !strings.HasPrefix(b.URL, "https://college.example/b/") {
			t.Errorf("badge %d is %+v", i, b)
		}
		if p, err := verifier.ParseProof(b.Proof); err != nil || p.Leaf() != proof.Leaf() {
			t.Errorf("the proof of badge %d: %v", i, err)
		}
	}
	for _, want := range []string{"Nothing here has been checked", "<img src=x onerror=alert(1)>", `\u202egnihsif`, "Example College"} {
		if !strings.Contains(seen, want) {
			t.Errorf("without scripts nobody sees %q:\n%s", want, seen)
		}
	}
	for _, verdict := range []string{"VALID", "UNKNOWN"} {
		if strings.Contains(string(page), verdict) {
			t.Errorf("the page says %s before anything was checked", verdict)
		}
	}
}

func TestPageWithoutRoom(t *testing.T) {
	if _, err := fill([]byte("<html></html>"), nil, "", made); err == nil {
		t.Error("a page without room for badges is filled")
	}
}

func FuzzPage(f *testing.F) {
	proof := oneProof(f)
	for _, text := range []string{"</script>", "<!--", "\u2028", place, `{"type":"Assertion"}`} {
		f.Add(text, []byte(text))
	}
	f.Fuzz(func(t *testing.T, name string, document []byte) {
		page, err := fill([]byte(bare), []paper.Badge{{File: name, Document: document, Proof: proof}}, "", made)
		if err != nil {
			t.Fatal(err)
		}
		scripts, _, elements := read(t, page)
		if len(scripts) != 2 || scripts[1] != "go()" || elements["li"] != 1 || elements["p"] != 1 {
			t.Fatalf("scripts %q, elements %v", scripts, elements)
		}
		var got content
		if err := json.Unmarshal([]byte(scripts[0]), &got); err != nil || !bytes.Equal(got.Badges[0].Document, document) {
			t.Errorf("the badge does not come out as it was: %v", err)
		}
	})
}
