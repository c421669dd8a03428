//go:build !linux

package child

import "os/exec"

// dieWithParent does nothing: only Linux offers it. Elsewhere the child survives a kill of
// this process.
func dieWithParent(*exec.Cmd) {}
