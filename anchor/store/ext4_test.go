package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/internal/child"
)

// writerVariable names the folder to which the test binary, started again, writes.
const writerVariable = "HALLMARK_TEST_STORE"

// TestWriter is the other process of TestDiskBreaks: it says of each submission when
// it is acknowledged, until the store ends the process.
func TestWriter(t *testing.T) {
	folder := os.Getenv(writerVariable)
	if folder == "" {
		t.Skip("is started by TestDiskBreaks")
	}
	s := open(t, folder, Options{})
	for worker := range uint64(2) {
		go func() {
			for i := uint64(1); ; i++ {
				if try(s, submission(worker<<32|i, 3)) == nil {
					fmt.Println("acknowledged", worker<<32|i)
				}
			}
		}()
	}
	select {}
}

// A real ext4 meets an error at a random moment of many writes, and gives up its
// journal. What was acknowledged is there after a check of the disk.
func TestDiskBreaks(t *testing.T) {
	rounds := 4
	if os.Getenv("HALLMARK_FAULTS") == "full" {
		rounds = 100
	}
	if testing.Short() || os.Geteuid() != 0 {
		t.Skip("mounts file systems, which only root can")
	}
	image, dir, count := filepath.Join(t.TempDir(), "disk"), t.TempDir(), 0
	t.Cleanup(func() { _ = exec.Command("umount", dir).Run() }) // if a round ended early
	command := func(args ...string) (string, error) {
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	must := func(args ...string) string {
		t.Helper()
		out, err := command(args...)
		if err != nil {
			t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, out)
		}
		return out
	}
	for range rounds {
		if err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, 64<<20)); err != nil {
			t.Fatal(err)
		}
		if out, err := command("mkfs.ext4", "-q", image); err != nil {
			t.Skipf("no file system can be made here: %v: %s", err, out)
		}
		if out, err := command("mount", "-o", "loop,errors=remount-ro", image, dir); err != nil {
			t.Skipf("this machine lets nobody mount a file system: %v: %s", err, out)
		}
		device := must("findmnt", "-n", "-o", "SOURCE", dir)
		trigger, err := os.OpenFile("/sys/fs/ext4/"+filepath.Base(device)+"/trigger_fs_error", os.O_WRONLY, 0)
		if err != nil {
			must("umount", dir)
			t.Skipf("this kernel breaks no file system on demand: %v", err)
		}
		writer := exec.Command(os.Args[0], "-test.run=^TestWriter$")
		writer.Env = append(os.Environ(), writerVariable+"="+filepath.Join(dir, "node"))
		var acknowledged []uint64
		breaks := 1 + rand.IntN(200)
		p, err := child.Start(writer, func(line string) {
			var seed uint64
			if n, _ := fmt.Sscanf(line, "acknowledged %d", &seed); n == 0 {
				return
			}
			if acknowledged = append(acknowledged, seed); len(acknowledged) == breaks {
				go func() {
					time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond) // the random moment
					_, err := trigger.WriteString("1")
					if err := errors.Join(err, trigger.Close()); err != nil {
						t.Error(err)
						_ = writer.Process.Kill()
					}
				}()
			}
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Wait(); err == nil || !writer.ProcessState.Exited() {
			t.Errorf("the process ends with %v", err)
		}
		must("umount", dir)
		_, _ = command("e2fsck", "-fy", image) // says that it repaired something
		must("mount", "-o", "loop", image, dir)
		s := open(t, filepath.Join(dir, "node"), Options{})
		for _, seed := range acknowledged {
			if _, err := s.Submission(submission(seed, 3).ID()); err != nil {
				t.Errorf("submission %x of %d is acknowledged and lost: %v", seed, len(acknowledged), err)
			}
		}
		count += len(acknowledged)
		closeStore(t, s)
		must("umount", dir)
	}
	t.Logf("%d submissions acknowledged before %d errors of the disk", count, rounds)
}
