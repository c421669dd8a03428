package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// go-ethereum's node, which a test chain links, changes how urfave/cli prints help,
// for the whole process. This file changes it back, to less.

// appHelp is the help of hallmark itself.
const appHelp = `{{.Name}} - {{.Usage}}

USAGE:
   {{.Name}} COMMAND [FLAGS] [ARGUMENTS]

   {{wrap .Description 3}}

COMMANDS:{{range .VisibleCategories}}{{range .VisibleCommands}}
   {{.Name}}{{"\t"}}{{.Usage}}{{end}}{{end}}

   {{.Name}} COMMAND --help tells more. This is version {{.Version}}.
`

// plainHelp makes flags one line each: name, what it takes, what it means.
func plainHelp(app *cli.App) *cli.App {
	app.CustomAppHelpTemplate = appHelp
	cli.FlagStringer = flagLine
	for _, f := range []cli.Flag{cli.HelpFlag, cli.VersionFlag} {
		if f, ok := f.(*cli.BoolFlag); ok {
			f.Category, f.DisableDefaultText = "", true
		}
	}
	return app
}

func flagLine(f cli.Flag) string {
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return ""
	}
	var names []string
	for _, name := range f.Names() {
		names = append(names, map[bool]string{true: "-", false: "--"}[len(name) == 1]+name)
	}
	line := strings.Join(names, ", ")
	// What is in backquotes in the usage names the value.
	usage := doc.GetUsage()
	if before, rest, ok := strings.Cut(usage, "`"); ok {
		value, after, _ := strings.Cut(rest, "`")
		line += " " + value
		usage = before + value + after
	}
	line += "\t" + usage
	if def := doc.GetDefaultText(); def != "" && doc.TakesValue() {
		line += " (default: " + strings.Trim(def, `"`) + ")"
	}
	return line
}
