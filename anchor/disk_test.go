package anchor

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
)

// On a real file system: full, read-only, gone. Nothing that was acknowledged is
// lost, and nothing is acknowledged that could be.
func TestDiskReal(t *testing.T) {
	mount := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(mount, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", mount).CombinedOutput(); err != nil {
		t.Skipf("cannot mount a file system of its own, which needs root: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", mount).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	data := filepath.Join(mount, "data")
	n := offline(t, testHome, func(c *Config) { c.Data, c.DiskReserve = data, 32<<20 })
	n.running.Store(true) // its pipeline has nothing to do here
	next := 0
	submit := func(want error, intake publish.Intake) {
		t.Helper()
		n.disk.Look()
		next++
		_, err := n.Submit(t.Context(), sign(t, testKey, testHome, leaves(next)))
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		if h := n.Health(t.Context()); h.Intake != intake || h.Ready != (intake == publish.IntakeOpen) || (h.Fault == "") != h.Ready {
			t.Errorf("intake is %s, want %s: %s", h.Intake, intake, h.Fault)
		}
	}
	submit(nil, publish.IntakeOpen)

	fill := filepath.Join(mount, "fill")
	f, err := os.Create(fill)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 1<<20))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	submit(role.ErrDiskFull, publish.IntakeDiskFull)
	if s, err := n.Submit(t.Context(), sign(t, testKey, testHome, leaves(1))); err != nil || s.State != publish.Accepted {
		t.Errorf("what was accepted before: %+v, %v", s, err)
	}
	if err := os.Remove(fill); err != nil {
		t.Fatal(err)
	}
	submit(nil, publish.IntakeOpen)

	// A file system that is in use cannot be made read-only, so one is laid over it.
	for _, args := range [][]string{{"--bind", data, data}, {"-o", "remount,bind,ro", data}} {
		if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	submit(role.ErrDisk, publish.IntakeDiskError)
	if out, err := exec.Command("umount", data).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	submit(nil, publish.IntakeOpen)

	away := data + "-away"
	if err := os.Rename(data, away); err != nil {
		t.Fatal(err)
	}
	submit(role.ErrDisk, publish.IntakeDiskError)
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	submit(role.ErrDisk, publish.IntakeDiskError) // another folder of that name does not do
	if err := errors.Join(os.Remove(data), os.Rename(away, data)); err != nil {
		t.Fatal(err)
	}
	submit(nil, publish.IntakeOpen)
	if got := must(n.store.Accepted()); got != 4 {
		t.Errorf("%d accepted, want 4", got)
	}
}
