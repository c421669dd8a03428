// Command hallmark is the issuer's and the operator's command: it submits
// credentials to a node, completes their proofs, revokes and reinstates, keeps a
// trust store, and runs nodes and test chains.
//
// Each subcommand is in a file of its name. What they share: cmd/internal/run
// (flags, errors, exit statuses), tui.go (what is said, and where), client.go (nodes,
// chains and registries), keystore.go (keys and passwords).
package main

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/cmd/internal/verifycmd"
)

func main() { run.Main(newApp()) }

func newApp() *cli.App {
	return &cli.App{
		Name:  "hallmark",
		Usage: "anchor digital credentials, so that anyone can check them offline",
		Description: "An issuer needs submit, upgrade, revoke and refresh; whoever checks needs verify.\n" +
			"Try it without setting anything up: hallmark demo\n\n" +
			"Every flag can also be set in the environment, as HALLMARK_ and the flag's name:\n" +
			"HALLMARK_NODE for --node, HALLMARK_PASSWORD_FILE for --password-file.",
		Commands: slices.Concat(
			checked("", demoCommand(), submitCommand(), upgradeCommand()),
			checked("", statusVerbCommands()...),
			checked("", refreshCommand(), retireCommand(), controllerCommand(), carryCommand()),
			[]*cli.Command{verifycmd.Command()},
			checked("", trustCommand(), inspectCommand(), archiveCommand(), cidCommand(), bakeCommand(), unbakeCommand(),
				embedCommand(), extractCommand(), qrCommand(), keyCommand(), nodeCommand(), backupCommand(), restoreCommand(),
				reanchorCommand(), fsckCommand(), statusCommand(), doctorCommand(), deployCommand(), testnetCommand())),
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return run.NoCommand(c.App.Commands, name, "there is no command")
			}
			return cli.ShowAppHelp(c)
		},
		CustomAppHelpTemplate: appHelp,
	}
}

// checked makes commands refuse a number of arguments that their ArgsUsage does not allow,
// and fail if their result could not be written.
func checked(parent string, commands ...*cli.Command) []*cli.Command {
	for _, command := range commands {
		name, action := parent+command.Name, command.Action
		checked(name+" ", command.Subcommands...)
		if action == nil {
			continue
		}
		command.Action = func(c *cli.Context) error {
			if least, most := arguments(command.ArgsUsage); c.NArg() < least || c.NArg() > most {
				return run.Usagef("%s takes %s", name, cmp.Or(command.ArgsUsage, "no argument"))
			}
			err := action(c)
			if failed := run.Failed(c.App.Writer); failed != nil && (err == nil || err.Error() == "") {
				return failed
			}
			return err
		}
	}
	return commands
}

// arguments returns how many arguments a usage such as "PROOF [BADGE]" or "FILE..." allows.
func arguments(usage string) (least, most int) {
	for word := range strings.FieldsSeq(usage) {
		if !strings.HasPrefix(word, "[") {
			least++
		}
		if most++; strings.HasSuffix(strings.TrimSuffix(word, "]"), "...") {
			return least, math.MaxInt
		}
	}
	return least, most
}

// appHelp is the help of hallmark itself: what it can do, on one screen.
const appHelp = `{{.Name}} - {{.Usage}}

USAGE:
   {{.Name}} COMMAND [FLAGS] [ARGUMENTS]

   {{wrap .Description 3}}

COMMANDS:{{range .VisibleCategories}}{{range .VisibleCommands}}
   {{.Name}}{{"\t"}}{{.Usage}}{{end}}{{end}}

   {{.Name}} COMMAND --help tells more. This is version {{.Version}}.
`
