package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnits has systemd read the units, and say how well they are locked in.
func TestUnits(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed: make lint does that, as root")
	}
	const folder = "../docs/operations/"
	// The program has to be where the unit says it is, or systemd complains.
	dir := t.TempDir()
	program := filepath.Join(dir, "hallmark")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, as string }{
		{"hallmark.service", "hallmark.service"},
		{"hallmark-witness.service", "hallmark-witness.service"},
		{"hallmark@.service", "hallmark@intake.service"},
		{"hallmark@.service", "hallmark@serve.service"},
		{"hallmark@.service", "hallmark@write.service"},
	} {
		data, err := os.ReadFile(folder + c.file)
		if err != nil {
			t.Fatal(err)
		}
		unit := filepath.Join(dir, c.as)
		text := strings.ReplaceAll(string(data), "/usr/local/bin/hallmark", program)
		if err := os.WriteFile(unit, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		// Exit status and output: it warns of keys that it does not know, and succeeds.
		if out, err := exec.Command(analyze, "verify", "--man=no", unit).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v: %s", c.as, err, out)
		}
		if out, err := exec.Command(analyze, "security", "--offline=yes", "--threshold=20", "--no-pager", unit).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", c.as, err, out)
		}
	}
}
