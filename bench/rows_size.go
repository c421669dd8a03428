package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/andybalholm/brotli"
)

// wasmFlags keep the compiler from inlining but where it pays: in arithmetic, hashes and the
// reading of JSON. That saves an eighth, compressed.
var wasmFlags = []string{
	"-gcflags=all=-l",
	"-gcflags=github.com/consensys/gnark-crypto/...=",
	"-gcflags=crypto/internal/fips140/...=",
	"-gcflags=github.com/go-json-experiment/json/...=",
	"-gcflags=github.com/hallmark-node/hallmark/merkle/...=",
}

// wasmSizeRow builds the package verifier for browsers, as the comment of bench/wasm says, and
// compresses it as well as brotli can.
func wasmSizeRow(b *bench) error {
	file := filepath.Join(b.folder, "verifier.wasm")
	build := exec.CommandContext(b.ctx, "go", slices.Concat([]string{"build", "-C", "bench", "-trimpath", "-ldflags", "-s -w"},
		wasmFlags, []string{"-o", file, "./wasm"})...)
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	if trouble, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", build, err, trouble)
	}
	program, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var size counter
	w := brotli.NewWriterOptions(&size, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: 24})
	if _, err := w.Write(program); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	mega := func(n int) series { return series{float64(n) / 1e6} }
	const what = "the package verifier and all that it links, for browsers, compressed with brotli"
	b.add(newResult("wasm-size", what, "MB", mega(int(size)), nil).
		with("", goal{ours: 2.5}, fmt.Sprintf("without compression %s MB", number(float64(len(program))/1e6))))
	return nil
}

// counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
