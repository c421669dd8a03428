package keccakf1600

import (
	"os"
	"testing"
)

// The other tests run whatever kernels the processor has. Where HALLMARK_KERNEL names
// one, this test fails unless that one was among them.
func TestKernelIsThere(t *testing.T) {
	want := os.Getenv("HALLMARK_KERNEL")
	if want == "" {
		t.Skip("HALLMARK_KERNEL names no kernel")
	}
	if Best.String() != want {
		t.Errorf("the best kernel here is %s, not %s", Best, want)
	}
}
