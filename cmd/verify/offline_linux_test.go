package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestOffline runs verify in a network namespace of its own, in which there is no
// interface at all, not even loopback that is up.
func TestOffline(t *testing.T) {
	data := "../../verifier/testdata"
	program, err := exec.LookPath("verify") // this test binary, by the name that TestMain knows
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(program, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		if os.Getuid() != 0 {
			cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		}
		out, err := cmd.CombinedOutput()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			t.Skipf("this machine lets nobody make a network namespace: %v", err)
		}
		return string(out)
	}
	args := []string{"--trust", filepath.Join(data, "trust.json"), "--at", "2026-01-15", filepath.Join(data, "badge.json")}
	if out := run(args...); !strings.HasPrefix(out, "VALID ") {
		t.Errorf("offline:\n%s", out)
	}
	// The namespace is what it is meant to be: nothing can be reached from it.
	args = append([]string{"--rpc", "http://127.0.0.1:1"}, args...)
	args[3] = filepath.Join("testdata", "nopin.json")
	if out := run(args...); !strings.HasPrefix(out, "UNKNOWN ") || !strings.Contains(out, "network is unreachable") {
		t.Errorf("not offline:\n%s", out)
	}
}
