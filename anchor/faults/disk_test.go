package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
)

// mount puts a small file system somewhere, and takes it away after the test.
func mount(t *testing.T, args ...string) (dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small file system to fill")
	}
	dir = t.TempDir()
	if out, err := exec.Command("mount", append(args, dir)...).CombinedOutput(); err != nil {
		t.Skipf("this machine lets nobody mount a small file system: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

// attempt hands in one badge, and says how the node answered: zero if it did not.
func (w *world) attempt(ctx context.Context) (status int, err error) {
	s, b, err := w.next()
	if err != nil {
		return 0, err
	}
	w.mu.Lock()
	url := w.process.URL
	w.mu.Unlock()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/submissions", bytes.NewReader(client.AppendSubmission(nil, s)))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", client.SubmissionType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil // no answer is an outcome here
	}
	if err := response.Body.Close(); err != nil {
		return 0, err
	}
	if response.StatusCode/100 == 2 {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.accepted[s.ID()] = b
	}
	return response.StatusCode, nil
}

// fill makes a file that leaves so much room on its disk.
func fill(t *testing.T, path string, leave uint64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 64<<10); len(block) > 0; {
		var stat syscall.Statfs_t
		if err := syscall.Fstatfs(int(f.Fd()), &stat); err != nil {
			t.Fatal(err)
		}
		if leave > 0 && stat.Bavail*uint64(stat.Bsize) <= leave {
			return
		}
		n, err := f.Write(block)
		if errors.Is(err, syscall.ENOSPC) {
			if n == 0 {
				block = block[:len(block)/2]
			}
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

const (
	diskSize    = "size=192m"
	diskReserve = 32 << 20
)

// The disk fills up, at last to the last byte, while submissions come. Intake
// refuses in time, reading goes on, nothing acknowledged is lost, and all goes on
// when there is room.
func TestDiskFull(t *testing.T) {
	if testing.Short() {
		t.Skip("mounts file systems")
	}
	t.Parallel()
	disk := mount(t, "-t", "tmpfs", "-o", diskSize, "hallmark-test")
	w := newWorld(t, testnet.BackendGeth, func(w *world) {
		w.settings.Data, w.settings.Reserve = filepath.Join(disk, "node"), diskReserve
	})
	rounds := 1
	if full() {
		rounds = 3
	}
	for range rounds {
		id := w.mustSubmit()
		w.settle()
		stop := w.load(t)
		filler := filepath.Join(disk, "filler")
		fill(t, filler, diskReserve*3/4)
		w.eventually("intake refuses", func() bool {
			status, err := w.attempt(t.Context())
			return err == nil && (status == http.StatusInsufficientStorage || status == http.StatusServiceUnavailable)
		})
		// The last quarter of the reserve keeps the pipeline from writing too.
		fill(t, filler, diskReserve/8)
		w.eventually("the node has looked at its disk again", func() bool {
			_, body, err := w.Get(t.Context(), "/v1/status")
			var seen struct{ Disk struct{ Free uint64 } }
			return err == nil && json.Unmarshal([]byte(body), &seen) == nil && seen.Disk.Free < diskReserve/4
		})
		fill(t, filler, 0)
		for range 100 {
			status, err := w.attempt(t.Context())
			if err != nil || status != http.StatusInsufficientStorage && status != http.StatusServiceUnavailable {
				t.Errorf("answer %d while the disk is full, %v", status, err)
			}
			w.mine(1) // the pipeline meets the full disk too
			time.Sleep(20 * time.Millisecond)
		}
		stop()
		if !w.process.Alive() {
			t.Fatalf("the node ended: %v", w.process.Wait())
		}
		if status, _, err := w.Get(t.Context(), "/readyz"); err != nil || status != http.StatusServiceUnavailable {
			t.Errorf("ready: %d, %v", status, err)
		}
		if !w.validNow(id) {
			t.Error("a proof that was there is not served while the disk is full")
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		w.recover()
		w.settle()
	}
	w.finish()
}

// load submits from several goroutines until stop is called.
func (w *world) load(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for range 2 {
		load.Go(func() {
			for ctx.Err() == nil {
				if _, err := w.attempt(ctx); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				time.Sleep(2 * time.Millisecond)
			}
		})
	}
	return func() { cancel(); load.Wait() }
}

// Somebody takes the last byte of the disk at once, between two looks of the node
// at it. It gives up its ballast then, and ends only if that is taken too; nothing
// acknowledged is lost.
func TestDiskFullAtOnce(t *testing.T) {
	if testing.Short() || !full() {
		t.Skip("HALLMARK_FAULTS=full runs this")
	}
	t.Parallel()
	disk := mount(t, "-t", "tmpfs", "-o", diskSize, "hallmark-test")
	w := newWorld(t, testnet.BackendGeth, func(w *world) {
		w.settings.Data, w.settings.Reserve = filepath.Join(disk, "node"), diskReserve
	})
	filler := filepath.Join(disk, "filler")
	for range 5 {
		w.mustSubmit()
		stop := w.load(t)
		fill(t, filler, 0)
		w.mine(3)
		time.Sleep(3 * time.Second) // until the node has looked at the disk, or has ended
		stop()
		if status, err := w.attempt(t.Context()); err != nil || status/100 == 2 {
			t.Errorf("answer %d while the disk is full, %v", status, err)
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		w.recover()
		w.settle()
	}
	w.finish()
}

// recover waits until submissions are taken again. A node that has ended is started
// again, as a service manager does.
func (w *world) recover() {
	w.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		if !w.process.Alive() {
			w.t.Logf("the node ended, and is started again: %v", w.process.Wait())
			w.start()
		}
		status, err := w.attempt(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if status/100 == 2 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("submissions are answered with %d a minute after the disk was whole again", status)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// The disk becomes read-only, as Linux makes it after an error of the device. The
// node sees it and refuses, or, if it was just writing, ends; nothing acknowledged
// is lost once the disk is whole again.
func TestDiskReadOnly(t *testing.T) {
	if testing.Short() {
		t.Skip("mounts file systems")
	}
	t.Run("idle", func(t *testing.T) { diskReadOnly(t, false) })
	if full() {
		t.Run("under load", func(t *testing.T) { diskReadOnly(t, true) })
	}
}

// rest waits until the node has nothing left to write: all is closed, and since then it
// has come to the end of a look at the newest block.
func (w *world) rest() {
	w.t.Helper()
	w.eventually("nothing is left to do", func() bool {
		h, err := w.Client.Health(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if h.Waiting > 0 || h.Chains[0].Operations > 0 {
			w.mine(1)
			return false
		}
		return true
	})
	// A look asks for three blocks at most, two of them at its beginning.
	calls := w.proxy.Calls("eth_getBlockByNumber")
	w.eventually("the node looks again and again", func() bool { return w.proxy.Calls("eth_getBlockByNumber") > calls+9 })
}

func diskReadOnly(t *testing.T, underLoad bool) {
	t.Parallel()
	image := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, 256<<20); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", image).CombinedOutput(); err != nil {
		t.Skipf("no file system can be made here: %v: %s", err, out)
	}
	disk := mount(t, "-o", "loop,errors=remount-ro", image)
	device := deviceOf(t, disk)
	trigger := "/sys/fs/ext4/" + filepath.Base(device) + "/trigger_fs_error"
	if _, err := os.Stat(trigger); err != nil {
		t.Skipf("this kernel breaks no file system on demand: %v", err)
	}
	w := newWorld(t, testnet.BackendGeth, func(w *world) { w.settings.Data = filepath.Join(disk, "node") })
	id := w.mustSubmit()
	w.settle()
	w.rest()
	stop := func() {}
	if underLoad {
		for range 5 {
			w.mustSubmit()
		}
		stop = w.load(t)
	}
	before := make(map[merkle.Hash]bool)
	for _, id := range w.ids() {
		before[id] = true
	}
	if err := os.WriteFile(trigger, []byte("1"), 0o200); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(disk, "probe"), nil, 0o600); !errors.Is(err, syscall.EROFS) {
		t.Fatalf("the disk is not read-only: %v", err)
	}
	if underLoad {
		w.mine(3)
		time.Sleep(3 * time.Second) // until the node has looked at the disk, or has ended
		if status, err := w.attempt(t.Context()); err != nil || status/100 == 2 {
			t.Errorf("answer %d while the disk is read-only, %v", status, err)
		}
		stop()
	} else {
		w.eventually("the node sees it", func() bool {
			status, _, err := w.Get(t.Context(), "/readyz")
			return err == nil && status == http.StatusServiceUnavailable
		})
		// What a look that had begun before finds in a new block is written still.
		w.eventually("the chain is left alone", func() bool { return w.Has("data folder cannot be written", "chain=") })
		for range 50 {
			status, err := w.attempt(t.Context())
			if err != nil || status != http.StatusInsufficientStorage && status != http.StatusServiceUnavailable {
				t.Fatalf("answer %d while the disk is read-only, %v", status, err)
			}
			w.mine(1)
			time.Sleep(10 * time.Millisecond)
		}
		if !w.process.Alive() {
			t.Fatalf("the node ended: %v", w.process.Wait())
		}
		if !w.validNow(id) {
			t.Error("a proof that was there is not served while the disk is read-only")
		}
	}
	w.process.Kill()
	// What an operator does: check the disk, and mount it anew.
	for _, command := range [][]string{{"umount", disk}, {"e2fsck", "-fy", image}, {"mount", "-o", "loop", image, disk}} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil && command[0] != "e2fsck" {
			t.Fatalf("%s: %v: %s", strings.Join(command, " "), err, out)
		}
	}
	dead := w.process
	w.start()
	for _, id := range w.ids() {
		if _, err := w.Client.Status(t.Context(), id); err != nil {
			t.Errorf("acknowledged (%v: before the disk broke) and lost: %v", before[id], err)
		}
	}
	if t.Failed() {
		t.Fatalf("log of the node on the broken disk:\n%s", dead)
	}
	w.recover()
	w.finish()
}

// deviceOf returns the device behind a mounted folder.
func deviceOf(t *testing.T, dir string) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 1 && f[1] == dir {
			return f[0]
		}
	}
	t.Fatal(fmt.Errorf("%s is not mounted", dir))
	return ""
}

// On a folder that it may not write to, a node does not start, and says why.
func TestStartOnReadOnlyDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("mounts file systems")
	}
	t.Parallel()
	disk := mount(t, "-t", "tmpfs", "-o", diskSize, "hallmark-test")
	w := newWorld(t, testnet.BackendGeth, func(w *world) { w.settings.Data = filepath.Join(disk, "node") })
	w.mustSubmit()
	w.settle()
	if err := w.process.Stop(); err != nil {
		t.Fatal(err)
	}
	remount := func(mode string) {
		t.Helper()
		if out, err := exec.Command("mount", "-o", "remount,"+mode, disk).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	remount("ro")
	p, err := launch(w.settings)
	if err == nil {
		p.Kill()
		t.Fatal("the node started on a read-only disk")
	}
	if !contains(err.Error(), "read-only file system") || !contains(err.Error(), w.settings.Data) {
		t.Errorf("it says: %v", err)
	}
	remount("rw")
	w.start()
	w.finish()
}
