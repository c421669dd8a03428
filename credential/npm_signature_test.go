package credential

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The issuer's own signature stays valid with a proof embedded, by npm packages that know
// nothing of Hallmark. They see that it does not once the badge is changed.
func TestNpmSignature(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	tool := filepath.Join("testdata", "npm")
	if _, err := os.Stat(filepath.Join(tool, "node_modules", "@digitalbazaar", "eddsa-jcs-2022-cryptosuite")); err != nil {
		t.Skip("eddsa-jcs-2022-cryptosuite is not installed: make credential/testdata/npm/node_modules")
	}
	samples := filepath.Join("..", "testdata", "badges")
	verified := func(doc []byte) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "badge.json")
		if err := os.WriteFile(path, doc, 0o644); err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		c := exec.Command(node, filepath.Join(tool, "signature.mjs"), path, filepath.Join(samples, "did.json"))
		c.Stderr = &stderr
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, stderr.Bytes())
		}
		return strings.TrimSpace(string(out))
	}
	for _, name := range []string{"welding-badge.json", "degree.json"} {
		doc := readFile(t, filepath.Join(samples, name))
		carrying, err := Embed(doc, bytes.Repeat(someProof, 1000), FormJCS)
		if err != nil {
			t.Fatal(err)
		}
		image, err := Embed(readFile(t, filepath.Join(samples, "welding-badge.png")), someProof, FormJCS)
		if err != nil {
			t.Fatal(err)
		}
		baked, err := Unbake(image)
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Replace(carrying, []byte(`"name": "`), []byte(`"name": "x`), 1)
		if bytes.Equal(changed, carrying) {
			t.Fatalf("%s has no name to change", name)
		}
		for what, tt := range map[string]struct {
			doc  []byte
			want string
		}{
			"as it is": {doc, "true"}, "with a proof": {carrying, "true"},
			"out of the picture": {baked.Text, "true"}, "changed": {changed, "false"},
		} {
			if got := verified(tt.doc); got != tt.want {
				t.Errorf("%s, %s: verified %s, want %s", name, what, got, tt.want)
			}
		}
	}
}
