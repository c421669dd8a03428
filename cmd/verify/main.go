// Command verify tells of proof files whether their credentials are genuine and
// still good, without a network.
package main

import (
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/cmd/internal/verifycmd"
)

func main() { run.Main(verifycmd.App()) }
