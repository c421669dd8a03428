package anchor

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
)

// What is wrong with the disk is named, refused before anything is written, and
// forgotten once it is over.
func TestDiskFaults(t *testing.T) {
	const reserve = 100 << 20
	fine := func() (uint64, error) { return reserve + 10*leafBytes, nil }
	works := func() error { return nil }
	fails := func(err error) func() error {
		return func() error { return &fs.PathError{Op: "write", Path: "/secret/path", Err: err} }
	}
	for name, c := range map[string]struct {
		free   func() (uint64, error)
		probe  func() error
		leaves int
		want   error
		says   string
	}{
		"fine":                    {fine, works, 10, nil, ""},
		"too many leaves":         {fine, works, 11, ErrDiskFull, "100.0 MiB are kept"},
		"below the reserve":       {func() (uint64, error) { return reserve - 1, nil }, works, 0, ErrDiskFull, "100.0 MiB free"},
		"no space left":           {fine, fails(syscall.ENOSPC), 0, ErrDiskFull, "no space left"},
		"quota":                   {fine, fails(syscall.EDQUOT), 0, ErrDiskFull, "quota"},
		"read-only":               {fine, fails(syscall.EROFS), 0, ErrDisk, "read-only"},
		"gone":                    {func() (uint64, error) { return 0, syscall.ENOENT }, works, 0, ErrDisk, "gone"},
		"no permission":           {fine, fails(syscall.EACCES), 0, ErrDisk, "permission denied"},
		"a device that is broken": {fine, fails(syscall.EIO), 0, ErrDisk, "input/output error"},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := newDiskWatch(t.TempDir(), reserve)
			if err != nil {
				t.Fatal(err)
			}
			w.free, w.probe = c.free, c.probe
			w.look()
			_, err = w.admit(c.leaves)
			if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v with %q", err, c.want, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("%v names the folder", err)
			}
			w.free, w.probe = fine, works
			w.look()
			if err := w.writable(); err != nil {
				t.Errorf("after it was over: %v", err)
			}
		})
	}
}

// With plenty of room the disk is not asked for each submission, and those that are
// under way count: there is not room for each of them alone, but for all.
func TestDiskPromised(t *testing.T) {
	w, err := newDiskWatch(t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	asked, left := 0, uint64(1+plenty+10*leafBytes)
	w.free = func() (uint64, error) { asked++; return left, nil }
	w.look()
	admit := func(leaves int, want error, times int) func() {
		t.Helper()
		done, err := w.admit(leaves)
		if !errors.Is(err, want) || asked != times {
			t.Fatalf("%v after asking %d times, want %v after %d", err, asked, want, times)
		}
		return done
	}
	admit(9, nil, 1)()
	done := admit(10, nil, 1)
	admit(1, nil, 2)()
	done()
	admit(10, nil, 2)()

	left = 1 + 10*leafBytes
	w.look()
	done = admit(6, nil, 4)
	admit(5, ErrDiskFull, 5)
	defer admit(4, nil, 6)()
	admit(1, ErrDiskFull, 7)
	done()
	admit(6, nil, 8)()
}

// A disk that hangs is a fault too, though no look at it ends.
func TestDiskHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := newDiskWatch(t.TempDir(), 1)
		if err != nil {
			t.Fatal(err)
		}
		end, hang := make(chan struct{}), make(chan struct{})
		w.probe = func() error { <-hang; return nil }
		go w.run(end)
		time.Sleep(diskSilence - time.Second)
		if err := w.writable(); err != nil {
			t.Errorf("after a short silence: %v", err)
		}
		time.Sleep(2 * time.Second)
		if err := w.writable(); !errors.Is(err, ErrDisk) || !strings.Contains(err.Error(), "has not answered") {
			t.Errorf("after a long one: %v", err)
		}
		close(hang)
		time.Sleep(diskInterval)
		if err := w.writable(); err != nil {
			t.Errorf("when it answers again: %v", err)
		}
		close(end)
	})
}

// A look that is slow does not undo what a later one saw.
func TestDiskLooksInOrder(t *testing.T) {
	w, err := newDiskWatch(t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	slow, began, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	looks := 0
	w.probe = func() error {
		if looks++; looks > 1 {
			return syscall.EROFS
		}
		close(began)
		<-slow
		return nil
	}
	go func() { w.look(); close(ended) }()
	<-began
	time.AfterFunc(50*time.Millisecond, func() { close(slow) })
	w.look()
	<-ended
	if err := w.writable(); !errors.Is(err, ErrDisk) {
		t.Errorf("got %v, want what the later look saw", err)
	}
}

// The pipeline goes on in the reserve, stops before it is used up, says so once, and
// goes on when there is room.
func TestDiskPipeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := newDiskWatch(t.TempDir(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		left := uint64(999)
		w.free = func() (uint64, error) { return left, nil }
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, nil))
		w.look()
		w.await(t.Context(), logger, func() { t.Error("waited in the reserve") })
		left = 250
		w.look()
		beats := 0
		w.await(t.Context(), logger, func() {
			if beats++; beats == 5 {
				left = 251
			}
			w.look()
		})
		if beats < 5 || beats > 6 || strings.Count(log.String(), "data folder cannot be written") != 1 || strings.Count(log.String(), "written again") != 1 {
			t.Errorf("%d beats, log:\n%s", beats, &log)
		}
		left = 0
		w.look()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		w.await(ctx, logger, func() { w.look() })
		if ctx.Err() == nil {
			t.Error("went on with a full disk")
		}
	})
}

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
		n.disk.look()
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
	submit(ErrDiskFull, publish.IntakeDiskFull)
	if s, err := n.Submit(t.Context(), sign(t, testKey, testHome, leaves(1))); err != nil || s.State != Accepted {
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
	submit(ErrDisk, publish.IntakeDiskError)
	if out, err := exec.Command("umount", data).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	submit(nil, publish.IntakeOpen)

	away := data + "-away"
	if err := os.Rename(data, away); err != nil {
		t.Fatal(err)
	}
	submit(ErrDisk, publish.IntakeDiskError)
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	submit(ErrDisk, publish.IntakeDiskError) // another folder of that name does not do
	if err := errors.Join(os.Remove(data), os.Rename(away, data)); err != nil {
		t.Fatal(err)
	}
	submit(nil, publish.IntakeOpen)
	if got := n.store.Accepted(); got != 4 {
		t.Errorf("%d accepted, want 4", got)
	}
}
