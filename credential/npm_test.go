package credential

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Pictures that npm packages bake are read here, and they read those baked here.
func TestNpmBakery(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	tool := filepath.Join("testdata", "npm")
	if _, err := os.Stat(filepath.Join(tool, "node_modules", "openbadges-bakery")); err != nil {
		t.Skip("openbadges-bakery is not installed: make credential/testdata/npm/node_modules")
	}
	dir := t.TempDir()
	run := func(args ...string) []byte {
		t.Helper()
		var stderr bytes.Buffer
		c := exec.Command(node, append([]string{filepath.Join(tool, "bakery.js")}, args...)...)
		c.Stderr = &stderr
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%q: %v\n%s", args, err, stderr.Bytes())
		}
		return out
	}
	file := func(name string, data []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	samples := filepath.Join("..", "testdata", "badges")
	assertion := readFile(t, filepath.Join(samples, "first-aid-assertion.json"))
	token := []byte(jwt(es256, string(assertion)))
	picture, err := strip(readFile(t, filepath.Join(samples, "welding-badge.png")))
	if err != nil {
		t.Fatal(err)
	}
	// A PNG of Open Badges 3.0, the sample.
	ob3 := filepath.Join(samples, "welding-badge.png")
	if got, want := sumOf(t, run("get", ob3, "openbadgecredential")), sumOf(t, readFile(t, ob3)); got != want {
		t.Errorf("png-itxt reads of the sample %s, want %s", got, want)
	}
	for name, image := range map[string][]byte{"x.png": picture, "x.svg": []byte(plainSVG)} {
		for kind, badge := range map[string][]byte{"assertion": assertion, "token": token} {
			t.Run(kind+" in "+name, func(t *testing.T) {
				ours, err := Bake(image, badge)
				if err != nil {
					t.Fatal(err)
				}
				extracted := run("extract", file(name, ours))
				if got, want := sumOf(t, extracted), sumOf(t, badge); got != want {
					t.Errorf("the package reads of our picture %s, want %s\n%q", got, want, extracted)
				}
				theirs := run("bake", file(name, image), file("badge", badge), "openbadges")
				if got, want := sumOf(t, theirs), sumOf(t, badge); got != want {
					t.Errorf("we read of the package's picture %s, want %s\n%q", got, want, theirs)
				}
				again, err := Bake(theirs, []byte(badgeOB2))
				if err != nil || sumOf(t, again) != sumOf(t, []byte(badgeOB2)) {
					t.Errorf("its picture, baked anew by us: %v", err)
				}
			})
		}
	}
}

// strip takes the badge out of a PNG.
func strip(image []byte) ([]byte, error) {
	for c := range pngChunks(image) {
		if c.isBadge() {
			return spliceBytes(image, c.from, c.to, nil), nil
		}
	}
	return nil, ErrNotBaked
}
