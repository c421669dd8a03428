package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/cpu"
)

// describeMachine says on what the figures were taken, in one line.
func describeMachine(ctx context.Context, keccak string) string {
	return fmt.Sprintf("%s, %d cores (%s), %s memory, %s, %s, %s, Keccak kernel %s", cpuName(), runtime.GOMAXPROCS(0), features(), memory(),
		kernel(), runtime.Version(), nodeVersion(ctx), keccak)
}

// field returns the value of a line "name : value" of a file of /proc.
func field(path, name string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func cpuName() string {
	const info = "/proc/cpuinfo"
	name := field(info, "model name")
	if name == "" {
		return runtime.GOARCH
	}
	return fmt.Sprintf("%s (family %s, model %s)", name, field(info, "cpu family"), field(info, "model"))
}

func features() string {
	var have []string
	for _, f := range []struct {
		name string
		has  bool
	}{{"AVX2", cpu.X86.HasAVX2}, {"AVX-512", cpu.X86.HasAVX512VL}, {"SHA3", cpu.ARM64.HasSHA3}} {
		if f.has {
			have = append(have, f.name)
		}
	}
	if have == nil {
		return "no vector extension"
	}
	return strings.Join(have, ", ")
}

func memory() string {
	var kib uint64
	if _, err := fmt.Sscan(field("/proc/meminfo", "MemTotal"), &kib); err != nil {
		return "unknown"
	}
	return fmt.Sprintf("%.0f GiB", float64(kib)/(1<<20))
}

func kernel() string {
	data, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return runtime.GOOS
	}
	version, _, _ := strings.Cut(strings.TrimSpace(string(data)), "-")
	return runtime.GOOS + " " + version
}

func nodeVersion(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return "no Node"
	}
	return "Node " + strings.TrimSpace(string(out))
}
