package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// peersFolder holds the peers, in the project's folder.
const peersFolder = "bench/peers"

// command runs a program to its end and returns what it printed.
func command(ctx context.Context, name string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, name, args...)
	var out, trouble bytes.Buffer
	c.Stdout, c.Stderr = &out, &trouble
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(trouble.String()))
	}
	return out.Bytes(), nil
}

// figures are what a peer prints.
type figures map[string]float64

// script runs one of the peers in JavaScript.
func (b *bench) script(what string, n int) (f figures, err error) {
	out, err := command(b.ctx, "node", "--max-old-space-size=8192", filepath.Join(peersFolder, "js", "peer.js"), what, strconv.Itoa(n))
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(out, &f)
	return f, err
}
