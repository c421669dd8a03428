package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// sayLeft names files that were not looked at, the first of many.
func sayLeft(c *cli.Context, left []string) {
	const most = 10
	more := ""
	if n := len(left) - most; n > 0 {
		left, more = left[:most], fmt.Sprintf(", and %d more", n)
	}
	if len(left) > 0 {
		say(c, "not looked at: %s%s", strings.Join(left, ", "), more)
	}
}
