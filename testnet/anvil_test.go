package testnet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// needAnvil skips the test where anvil is not installed.
func needAnvil(t *testing.T) {
	t.Helper()
	if _, err := findAnvil(); errors.Is(err, ErrNoAnvil) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
}

func TestFindAnvil(t *testing.T) {
	root := t.TempDir()
	t.Setenv(anvilVariable, "")
	t.Setenv("PATH", filepath.Join(root, "path"))
	deep := filepath.Join(root, "project", "some", "where")
	install := func(elem ...string) string {
		t.Helper()
		path := filepath.Join(append([]string{root}, elem...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/false\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(deep)
	want := func(path string) {
		t.Helper()
		if got, err := findAnvil(); err != nil || got != path {
			t.Errorf("found %q, %v; want %q", got, err, path)
		}
	}

	_, err := findAnvil()
	if !errors.Is(err, ErrNoAnvil) || !strings.Contains(err.Error(), "make anvil") {
		t.Errorf("nothing installed: %v", err)
	}
	// Each place takes precedence over the one before.
	want(install("path", "anvil"))
	want(install("project", "contracts", "node_modules", "@foundry-rs", "anvil-"+runtime.GOOS+"-"+runtime.GOARCH, "bin", "anvil"))
	other := install("other", "my-anvil")
	t.Setenv(anvilVariable, other)
	want(other)
	t.Setenv(anvilVariable, other+"-absent")
	if _, err := findAnvil(); !errors.Is(err, ErrNoAnvil) {
		t.Errorf("named anvil is absent: %v", err)
	}
}

// TestAnvilFailsAtStart: the error carries what the process said.
func TestAnvilFailsAtStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anvil")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho hello\necho Error: no luck today >&2\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(anvilVariable, path)
	_, err := Start(t.Context(), Config{Backend: BackendAnvil})
	if err == nil || !strings.Contains(err.Error(), "no luck today") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("got %v", err)
	}
}

// TestAnvilStartCancelled: a process that never listens does not outlive the context.
func TestAnvilStartCancelled(t *testing.T) {
	dir := t.TempDir()
	path, pidFile := filepath.Join(dir, "anvil"), filepath.Join(dir, "pid")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho $$ > "+pidFile+".new\nmv "+pidFile+".new "+pidFile+"\nexec sleep 600\n"),
		0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(anvilVariable, path)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var pid int
	go func() {
		defer cancel()
		eventually(t, "the process to start", func() bool {
			text, err := os.ReadFile(pidFile)
			if err != nil {
				return false
			}
			pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
			return err == nil
		})
	}()
	if _, err := Start(ctx, Config{Backend: BackendAnvil}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if pid == 0 || alive(pid) {
		t.Errorf("process %d lives", pid)
	}
}

func TestAnvilCloseLeavesNothing(t *testing.T) {
	needAnvil(t)
	t.Setenv("TMPDIR", t.TempDir())
	var log bytes.Buffer
	chain, err := Start(t.Context(),
		Config{Backend: BackendAnvil, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	pid := chain.backend.(*anvil).process.PID()
	if !alive(pid) {
		t.Fatalf("process %d of the running chain cannot be seen: the test shows nothing", pid)
	}
	if err := chain.Close(); err != nil {
		t.Error(err)
	}
	if alive(pid) {
		t.Errorf("process %d outlived Close", pid)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 0 {
		t.Errorf("left in the temporary folder: %v, %v", left, err)
	}
	if !strings.Contains(log.String(), "Listening on") {
		t.Error("anvil's output is not in the log")
	}
}

// parentVariable makes this test binary a parent that waits to be killed.
const parentVariable = "TESTNET_TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parentVariable) != "" {
		chain, err := Start(context.Background(), Config{Backend: BackendAnvil})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		// Threads come and go in a real program: the child must survive those that are not its own.
		for range 50 {
			done := make(chan struct{})
			go func() {
				runtime.LockOSThread() // and not unlocked: the thread ends with its goroutine
				close(done)
			}()
			<-done
		}
		_ = json.NewEncoder(os.Stdout).Encode(chain.backend.(*anvil).process.PID())
		select {}
	}
	os.Exit(m.Run())
}

func TestAnvilDiesWithItsParent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux kills the children of a killed process")
	}
	needAnvil(t)
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentVariable+"=1", "TMPDIR="+t.TempDir())
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = parent.Process.Kill() }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the parent said %q", line)
	}
	if !alive(pid) {
		t.Fatalf("anvil, process %d, is not there", pid)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := parent.Wait(); err == nil {
		t.Error("the parent ended by itself")
	}
	eventually(t, "anvil to end", func() bool { return !alive(pid) })
}

// alive tells whether there is such a process and it has not ended: one that
// nobody has waited for yet is a zombie and does not count.
func alive(pid int) bool {
	if runtime.GOOS == "linux" {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return false
		}
		_, state, _ := strings.Cut(string(stat), ") ")
		return !strings.HasPrefix(state, "Z")
	}
	p, err := os.FindProcess(pid)
	return err == nil && p.Signal(syscall.Signal(0)) == nil
}

// eventually waits up to 20 seconds for something that no event tells of.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("waited in vain for %s", what)
			return
		}
	}
}
