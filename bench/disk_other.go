//go:build !linux

package main

import (
	"io/fs"
	"os"
)

func fdatasync(f *os.File) error { return f.Sync() }

// onDisk returns the bytes of a file, which may take more or fewer on disk.
func onDisk(info fs.FileInfo) int64 { return info.Size() }
