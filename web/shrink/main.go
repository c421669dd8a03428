// Command shrink makes a WebAssembly program of Go smaller, in place.
//
//	go run ./web/shrink FILE
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: shrink FILE")
		os.Exit(2)
	}
	if err := shrinkFile(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "shrink: %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

func shrinkFile(name string) error {
	program, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if program, err = shrink(program); err != nil {
		return err
	}
	return os.WriteFile(name, program, 0o644) //nolint:gosec // everybody may read it
}
