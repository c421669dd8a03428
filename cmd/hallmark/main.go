// Command hallmark is the issuer's and the operator's command: it submits
// credentials to a node, completes their proofs, revokes and reinstates, keeps a
// trust store, and runs nodes and test chains.
//
// Each subcommand is in a file of its name. What they share: cmd/internal/run
// (flags, errors, exit statuses), tui.go (what is said, and where), client.go (nodes,
// chains and registries), keystore.go (keys and passwords).
package main

import (
	"slices"

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
			[]*cli.Command{demoCommand(), submitCommand(), upgradeCommand()},
			statusVerbCommands(),
			[]*cli.Command{
				replaceCommand(), refreshCommand(), retireCommand(), controllerCommand(), carryCommand(), statusListCommand(),
				verifycmd.Command(), trustCommand(),
				inspectCommand(), archiveCommand(), cidCommand(), freezeCommand(), bakeCommand(), unbakeCommand(), embedCommand(), extractCommand(),
				qrCommand(), stampCommand(), certificateCommand(), pageCommand(), portfolioCommand(),
				keyCommand(), identityCommand(), nodeCommand(), backupCommand(), restoreCommand(),
				exportCommand(), importCommand(), mirrorCommand(), monitorCommand(), reanchorCommand(), fsckCommand(), storeCommand(), statusCommand(),
				issuersCommand(), auditCommand(), doctorCommand(), witnessCommand(), deployCommand(), testnetCommand(),
				shareCommand(), unshareCommand(),
			}),
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return run.NoCommand(c.App.Commands, name, "there is no command")
			}
			return cli.ShowAppHelp(c)
		},
		CustomAppHelpTemplate: appHelp,
	}
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
