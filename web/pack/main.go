// Command pack makes web/dist of what Vite has built: each file compressed by brotli, and under
// its own name with .br. What it compressed before it takes from a cache, since quality 11 takes
// a while.
//
//	go run ./web/pack FOLDER CACHE
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/andybalholm/brotli"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pack FOLDER CACHE")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

// pack replaces all files of a folder but hidden ones.
func pack(folder, cache string) error {
	return filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		packed, err := compressed(data, cache)
		if err != nil {
			return err
		}
		if err := os.WriteFile(name+".br", packed, 0o644); err != nil { //nolint:gosec // everybody may read it
			return err
		}
		return os.Remove(name)
	})
}

func compressed(data []byte, cache string) ([]byte, error) {
	sum := sha256.Sum256(data)
	kept := filepath.Join(cache, hex.EncodeToString(sum[:])+".br")
	if packed, err := os.ReadFile(kept); err == nil {
		return packed, nil
	}
	var out bytes.Buffer
	w := brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: 24})
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil { //nolint:gosec // as above
		return nil, err
	}
	// Whoever is interrupted leaves nothing behind that is taken for whole.
	if err := os.WriteFile(kept+".part", out.Bytes(), 0o644); err != nil { //nolint:gosec // as above
		return nil, err
	}
	return out.Bytes(), os.Rename(kept+".part", kept)
}
