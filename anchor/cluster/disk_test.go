package cluster_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// disk is a file system of its own, for the database.
type disk struct {
	t      *testing.T
	folder string
}

const diskBytes = 4 << 30

// newDisk makes a disk until the end of the test; nil where only root could, and this is not root.
func newDisk(t *testing.T) *disk {
	t.Helper()
	folder, err := os.MkdirTemp("", "hallmark-cluster-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	image, mounted := filepath.Join(folder, "image"), filepath.Join(folder, "disk")
	err = errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, diskBytes), os.Mkdir(mounted, 0o755), os.Chmod(folder, 0o755))
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"mkfs.ext4", "-q", "-m", "0", image}, {"mount", "-o", "loop", image, mounted}} {
		if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Logf("no disk can be made, so none will be full: %s: %v: %s", command[0], err, out)
			return nil
		}
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", mounted).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	if err := os.Chmod(mounted, 0o777); err != nil {
		t.Fatal(err)
	}
	return &disk{t, mounted}
}

// use has what makes temporary folders make them there.
func (d *disk) use() (end func()) {
	if d == nil {
		return func() {}
	}
	before, was := os.LookupEnv("TMPDIR")
	d.must(os.Setenv("TMPDIR", d.folder)) //nolint:usetesting // only for a while
	return func() {
		if was {
			d.must(os.Setenv("TMPDIR", before)) //nolint:usetesting // as above
		} else {
			d.must(os.Unsetenv("TMPDIR"))
		}
	}
}

// fill leaves no room, until free.
func (d *disk) fill() {
	f, err := os.Create(d.ballast())
	if err != nil {
		d.t.Fatal(err)
	}
	size := int64(0)
	for step := int64(diskBytes); step >= 4096; {
		if err := syscall.Fallocate(int(f.Fd()), 0, size, step); err != nil {
			step /= 2
			continue
		}
		size += step
	}
	d.must(f.Close())
}

func (d *disk) free() { d.must(os.Remove(d.ballast())) }

func (d *disk) ballast() string { return filepath.Join(d.folder, "ballast") }

func (d *disk) must(err error) {
	if err != nil {
		d.t.Fatal(err)
	}
}
