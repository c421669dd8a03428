package main

import (
	"fmt"
	"regexp"
	"strconv"
)

// The limit of all that hashes is the permutations alone, by the kernel that merkle
// chooses on this machine. Kernels are internal to merkle, so it is their own benchmark
// that is run for it, as a process.
const (
	kernelPackage   = "./merkle/internal/keccakf1600"
	kernelBenchmark = "^BenchmarkPermuteAllCores$"
	kernelWidth     = 8 // permutations that one operation of the benchmark does
)

var kernelLine = regexp.MustCompile(`BenchmarkPermuteAllCores/([a-z0-9]+?)(?:-\d+)?\s+\d+\s+([0-9.]+) ns/op`)

// findKernel builds the kernels' benchmark and asks it which kernel is in use.
func (b *bench) findKernel() error {
	if _, err := command(b.ctx, "go", "test", "-c", "-o", b.program("kernels.test"), kernelPackage); err != nil {
		return err
	}
	kernel, _, err := b.permute(1, 1)
	b.kernel = kernel
	return err
}

// permute runs so many operations of the benchmark on some cores and returns the name of
// the kernel and the nanoseconds for one operation.
func (b *bench) permute(operations, cores int) (kernel string, ns float64, err error) {
	out, err := command(b.ctx, b.program("kernels.test"), "-test.run", "^$", "-test.bench", kernelBenchmark,
		"-test.benchtime", strconv.Itoa(operations)+"x", "-test.cpu", strconv.Itoa(cores))
	if err != nil {
		return "", 0, err
	}
	found := kernelLine.FindSubmatch(out)
	if found == nil {
		return "", 0, fmt.Errorf("the kernels' benchmark printed no result: %q", out)
	}
	ns, err = strconv.ParseFloat(string(found[2]), 64)
	return string(found[1]), ns, err
}

// permutations measures how many milliseconds n permutations take on some cores, of
// states that nobody fills or reads.
func (b *bench) permutations(n, cores int) measure {
	return func() (float64, error) {
		operations := (n + kernelWidth - 1) / kernelWidth
		_, ns, err := b.permute(operations, cores)
		return ns * float64(operations) / 1e6, err
	}
}
