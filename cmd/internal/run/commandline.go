package run

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// commandLine is the arguments of a program, taken apart as far as its commands say.
type commandLine struct {
	words    []string // the program, its flags, and the names of commands with their flags
	path     []string // the program and the names of commands
	flags    []cli.Flag
	commands []*cli.Command // what may follow; nil if the command has no subcommands
	rest     []string       // arguments
	help     bool           // --help is among the flags
	open     bool           // the last of all is a flag without its value
}

// parse finds the (sub)command in args, its flags, wherever they stand, and its
// arguments: urfave/cli/v2 stops reading flags at the first argument. What follows
// "--" is left alone.
func parse(app *cli.App, args []string) commandLine {
	l := commandLine{words: args[:1:1], path: []string{app.Name}, flags: app.Flags, commands: app.Commands}
	i := 1
	flag := func() bool { // takes the flag at i
		n := flagLen(l.flags, args, i)
		if n > 0 {
			l.help = l.help || isHelp(args[i])
			l.open = n == 1 && i+1 == len(args) && awaitsValue(l.flags, args[i])
			l.words = append(l.words, args[i:i+n]...)
			i += n
		}
		return n > 0
	}
	for i < len(args) {
		// Flags before the name of a subcommand belong to the command so far.
		if flag() {
			continue
		}
		c := find(l.commands, args[i])
		if c == nil && args[i] == helpCommand && len(l.commands) > 0 { // of a group, as in "trust help pin"
			l.help = true
			i++
			continue
		}
		if c == nil {
			break
		}
		l.words, l.path = append(l.words, args[i]), append(l.path, c.Name)
		l.flags, l.commands = c.Flags, c.Subcommands
		i++
	}
	for i < len(args) {
		if args[i] == "--" {
			l.rest = append(l.rest, args[i+1:]...)
			break
		}
		if !flag() {
			l.rest = append(l.rest, args[i])
			i++
		}
	}
	return l
}

// arranged returns the arguments in the order in which the library takes them.
func (l *commandLine) arranged() []string {
	if l.help {
		// The library would take arguments for topics. Of a group of commands one is
		// the name of a command that there is not, as it will say.
		path := append([]string{l.words[0]}, l.path[1:]...)
		if len(l.commands) > 0 && len(l.rest) > 0 {
			return append(append(path, "--"), l.rest...)
		}
		return append(path, "--help")
	}
	if len(l.rest) == 0 || l.open { // without "--", which would be taken for the value
		return l.words
	}
	return append(append(l.words, "--"), l.rest...)
}

// hint completes what helps against an error of usage: where the command's own help is,
// if nothing better is known, and how the flag that the error names is set where it is not
// among the arguments.
func (l *commandLine) hint(hint, text string) string {
	if hint == "" || strings.HasSuffix(hint, "?") {
		hint = strings.TrimSpace(hint + " " + strings.Join(l.path, " ") + " --help tells more")
	}
	var named []string
	for _, f := range l.flags {
		if name := f.Names()[0]; mentions(text, "--"+name) {
			named = append(named, name)
		}
	}
	if len(named) == 1 && !l.has(named[0]) {
		hint += fmt.Sprintf("; %s sets --%s, too", Variable(named[0]), named[0])
	}
	return hint
}

// has reports whether a flag is among the arguments.
func (l *commandLine) has(name string) bool {
	return slices.ContainsFunc(l.words, func(word string) bool {
		word, _, _ = strings.Cut(word, "=")
		return word == "-"+name || word == "--"+name
	})
}

// mentions reports whether a flag stands in text, and not as the beginning of another.
func mentions(text, flag string) bool {
	for {
		_, after, ok := strings.Cut(text, flag)
		if !ok {
			return false
		}
		if after == "" || !strings.ContainsRune("-abcdefghijklmnopqrstuvwxyz0123456789", rune(after[0])) {
			return true
		}
		text = after
	}
}

// isHelp reports whether an argument asks for help. None is ever the value of a flag.
func isHelp(arg string) bool {
	name, _, _ := strings.Cut(arg, "=")
	return name == "--help" || name == "-help" || name == "-h" || name == "--h"
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
	if awaitsValue(flags, arg) && i+1 < len(args) && !isHelp(args[i+1]) {
		return 2
	}
	return 1 // also of one that is unknown: the library will say so
}

// awaitsValue reports whether arg is a flag whose value is the next argument.
func awaitsValue(flags []cli.Flag, arg string) bool {
	f := findFlag(flags, strings.TrimLeft(arg, "-"))
	_, isBool := f.(*cli.BoolFlag)
	return f != nil && !isBool
}

func findFlag(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		for _, n := range f.Names() {
			if n == name {
				return f
			}
		}
	}
	return nil
}
