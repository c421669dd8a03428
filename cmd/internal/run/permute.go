package run

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// permute moves the flags of the (sub)command in args before its arguments, since
// urfave/cli/v2 stops reading flags at the first argument. What follows "--" is
// left alone.
func permute(app *cli.App, args []string) []string {
	if len(args) == 0 {
		return args
	}
	out := append([]string{}, args[0])
	flags, commands := app.Flags, app.Commands
	i := 1
	for i < len(args) {
		// Flags before the name of a subcommand belong to the command so far.
		if n := flagLen(flags, args, i); n > 0 {
			out = append(out, args[i:i+n]...)
			i += n
			continue
		}
		c := find(commands, args[i])
		if c == nil {
			break
		}
		out = append(out, args[i])
		flags, commands = c.Flags, c.Subcommands
		i++
	}
	var rest []string
	for i < len(args) {
		if args[i] == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		n := flagLen(flags, args, i)
		if n == 0 {
			rest = append(rest, args[i])
			i++
			continue
		}
		out = append(out, args[i:i+n]...)
		i += n
	}
	if len(rest) > 0 {
		out = append(append(out, "--"), rest...)
	}
	return out
}

func find(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

// flagLen returns how many arguments the flag at args[i] takes up, itself
// included: 0 if it is no flag.
func flagLen(flags []cli.Flag, args []string, i int) int {
	arg := args[i]
	if len(arg) < 2 || arg[0] != '-' || arg == "--" {
		return 0
	}
	name, _, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	if hasValue {
		return 1
	}
	for _, f := range flags {
		for _, n := range f.Names() {
			if n != name {
				continue
			}
			if _, isBool := f.(*cli.BoolFlag); isBool || i+1 >= len(args) {
				return 1
			}
			return 2
		}
	}
	return 1 // unknown, or --help: the library will say so
}
