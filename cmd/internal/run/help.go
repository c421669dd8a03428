package run

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// plainHelp sets how help shows flags. go-ethereum, which some commands link,
// replaces the library's own way when it is initialised.
func plainHelp() {
	cli.FlagStringer = flagString
	for _, f := range []cli.Flag{cli.HelpFlag, cli.VersionFlag} {
		if f, ok := f.(*cli.BoolFlag); ok {
			f.Category = ""
			f.DisableDefaultText = true
		}
	}
}

// flagString is one line of help: "--trust FILE", a tab, what it is for. The
// value's name stands between backquotes in the flag's usage.
func flagString(flag cli.Flag) string {
	f, ok := flag.(cli.DocGenerationFlag)
	if !ok {
		return ""
	}
	var names []string
	for _, n := range flag.Names() {
		if len(n) == 1 {
			names = append(names, "-"+n)
		} else {
			names = append(names, "--"+n)
		}
	}
	usage := f.GetUsage()
	left := strings.Join(names, ", ")
	if f.TakesValue() {
		value := "VALUE"
		if before, rest, ok := strings.Cut(usage, "`"); ok {
			if name, after, ok := strings.Cut(rest, "`"); ok {
				value, usage = name, before+name+after
			}
		}
		left += " " + value
	}
	if text := strings.Trim(f.GetDefaultText(), `"`); text != "" && text != "0" && f.TakesValue() {
		usage += fmt.Sprintf(" (default: %s)", text)
	}
	return left + "\t" + usage
}
