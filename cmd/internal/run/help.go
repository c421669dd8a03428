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

// nearest returns the name that was most likely meant; "" if none is near.
func nearest(names []string, given string) string {
	best, least := "", 1+len(given)/3
	for _, name := range names {
		d := distance(strings.ToLower(given), name)
		if len(given) > 2 && strings.HasPrefix(name, given) {
			d = 1
		}
		if d <= least && (best == "" || d < least) {
			best, least = name, d
		}
	}
	return best
}

// distance is how many letters must be put in, taken out, replaced or swapped with the
// next to make b of a.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
		for j := range b {
			if i == 0 {
				rows[0][j+1] = j + 1
				continue
			}
			replaced := rows[i-1][j]
			if a[i-1] != b[j] {
				replaced++
			}
			rows[i][j+1] = min(rows[i-1][j+1]+1, rows[i][j]+1, replaced)
			if i > 1 && j > 0 && a[i-1] == b[j-1] && a[i-2] == b[j] {
				rows[i][j+1] = min(rows[i][j+1], rows[i-2][j-1]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

func commandNames(commands []*cli.Command) (names []string) {
	for _, c := range commands {
		if !c.Hidden {
			names = append(names, c.Name)
		}
	}
	return names
}

// flagNames are the long names of flags, with their hyphens.
func flagNames(flags []cli.Flag) (names []string) {
	for _, f := range flags {
		if f != cli.HelpFlag {
			names = append(names, "--"+f.Names()[0])
		}
	}
	return append(names, "--help")
}
