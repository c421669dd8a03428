package main

// appHelp is the help of hallmark itself: what it can do, on one screen.
const appHelp = `{{.Name}} - {{.Usage}}

USAGE:
   {{.Name}} COMMAND [FLAGS] [ARGUMENTS]

   {{wrap .Description 3}}

COMMANDS:{{range .VisibleCategories}}{{range .VisibleCommands}}
   {{.Name}}{{"\t"}}{{.Usage}}{{end}}{{end}}

   {{.Name}} COMMAND --help tells more. This is version {{.Version}}.
`
