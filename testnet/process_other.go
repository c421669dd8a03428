//go:build !linux

package testnet

import "os/exec"

// dieWithParent does nothing: only Linux offers it. Elsewhere the child ends with
// Chain.Close or the context, but survives a kill of this process.
func dieWithParent(*exec.Cmd) {}
