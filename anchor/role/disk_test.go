package role

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
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
			w, err := NewDisk(t.TempDir(), reserve)
			if err != nil {
				t.Fatal(err)
			}
			w.Free, w.probe = c.free, c.probe
			w.Look()
			_, err = w.Admit(c.leaves)
			if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v with %q", err, c.want, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("%v names the folder", err)
			}
			w.Free, w.probe = fine, works
			w.Look()
			if err := w.Writable(); err != nil {
				t.Errorf("after it was over: %v", err)
			}
		})
	}
}

// With plenty of room the disk is not asked for each submission, and those that are
// under way count: there is not room for each of them alone, but for all.
func TestDiskPromised(t *testing.T) {
	w, err := NewDisk(t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	asked, left := 0, uint64(1+plenty+10*leafBytes)
	w.Free = func() (uint64, error) { asked++; return left, nil }
	w.Look()
	admit := func(leaves int, want error, times int) func() {
		t.Helper()
		done, err := w.Admit(leaves)
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
	w.Look()
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
		w, err := NewDisk(t.TempDir(), 1)
		if err != nil {
			t.Fatal(err)
		}
		end, hang := make(chan struct{}), make(chan struct{})
		w.probe = func() error { <-hang; return nil }
		go w.Run(end)
		time.Sleep(diskSilence - time.Second)
		if err := w.Writable(); err != nil {
			t.Errorf("after a short silence: %v", err)
		}
		time.Sleep(2 * time.Second)
		if err := w.Writable(); !errors.Is(err, ErrDisk) || !strings.Contains(err.Error(), "has not answered") {
			t.Errorf("after a long one: %v", err)
		}
		close(hang)
		time.Sleep(diskInterval)
		if err := w.Writable(); err != nil {
			t.Errorf("when it answers again: %v", err)
		}
		close(end)
	})
}

// A look that is slow does not undo what a later one saw.
func TestDiskLooksInOrder(t *testing.T) {
	w, err := NewDisk(t.TempDir(), 1)
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
	go func() { w.Look(); close(ended) }()
	<-began
	time.AfterFunc(50*time.Millisecond, func() { close(slow) })
	w.Look()
	<-ended
	if err := w.Writable(); !errors.Is(err, ErrDisk) {
		t.Errorf("got %v, want what the later look saw", err)
	}
}

// The pipeline goes on in the reserve, stops before it is used up, says so once, and
// goes on when there is room.
func TestDiskPipeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := NewDisk(t.TempDir(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		left := uint64(999)
		w.Free = func() (uint64, error) { return left, nil }
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, nil))
		w.Look()
		w.Await(t.Context(), logger, func() { t.Error("waited in the reserve") })
		left = 250
		w.Look()
		beats := 0
		w.Await(t.Context(), logger, func() {
			if beats++; beats == 5 {
				left = 251
			}
			w.Look()
		})
		if beats < 5 || beats > 6 || strings.Count(log.String(), "data folder cannot be written") != 1 ||
			strings.Count(log.String(), "written again") != 1 {
			t.Errorf("%d beats, log:\n%s", beats, &log)
		}
		left = 0
		w.Look()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		w.Await(ctx, logger, func() { w.Look() })
		if ctx.Err() == nil {
			t.Error("went on with a full disk")
		}
	})
}
