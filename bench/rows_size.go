package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/andybalholm/brotli"
)

// wasmSizeRow builds the verifier of the pages and compresses it as well as brotli can.
func wasmSizeRow(b *bench) error {
	file := filepath.Join(b.folder, "verifier.wasm")
	build := exec.CommandContext(b.ctx, "web/wasm/build.sh", file)
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
	const what = "the verifier of the pages, with all that it reads files with, compressed with brotli"
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
