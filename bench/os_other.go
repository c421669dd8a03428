//go:build !linux

package main

import (
	"io/fs"
	"os"
)

func fdatasync(f *os.File) error { return f.Sync() }

// peakMemory would be the most memory of a process, which is not known here.
func peakMemory(*os.ProcessState) float64 { return 0 }

// fileSystem would name the file system of a folder.
func fileSystem(string) string { return "unknown file system" }

// onDisk returns the bytes of a file, which may take more or fewer on disk.
func onDisk(info fs.FileInfo) int64 { return info.Size() }
