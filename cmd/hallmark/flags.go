package main

import (
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

// duration reads a flag that holds a time: "90s", "5m", or a number of seconds.
func duration(c *cli.Context, name string) (time.Duration, error) {
	d, ok := parseDuration(c.String(name))
	if !ok {
		return 0, run.Usagef("--%s: %q is not a time: want 90s, 5m, or a number of seconds", name, c.String(name))
	}
	return d, nil
}

func parseDuration(text string) (time.Duration, bool) {
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0
}

// timeFlag reads a flag that holds a moment, as Unix seconds; 0 where it was not given.
func timeFlag(c *cli.Context, name string) (uint64, error) {
	text := c.String(name)
	if text == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(text, 10, 53); err == nil && n > 0 {
		return n, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Unix() <= 0 {
		return 0, run.Usagef("--%s %q is not a time: want 2026-01-31T12:00:00Z, or Unix seconds", name, text)
	}
	return uint64(t.Unix()), nil
}

// needed returns the value of a flag that has no default.
func needed(c *cli.Context, name string) (string, error) {
	value := c.String(name)
	if value == "" {
		return "", run.Usagef("--%s is needed", name)
	}
	return value, nil
}

// address reads a flag that holds an address; def stands if it was not given.
func address(c *cli.Context, name string, def verifier.Address) (verifier.Address, error) {
	text := c.String(name)
	if text == "" {
		return def, nil
	}
	a, err := verifier.ParseAddress(text)
	if err != nil {
		return a, run.Usagef("--%s: %v", name, err)
	}
	return a, nil
}
