// Package run holds what the project's commands have in common: how they read
// flags, report errors and exit. Call [Main] from main.
//
// The rules, for every command: results go to standard output and all else to
// standard error; an error is one line, followed by a hint where there is a
// remedy; exit status 2 means that the command line or an input could not be
// read, and nothing was done.
package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"reflect"
	"regexp"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
)

// Exit statuses that all commands share. verify adds those of its verdicts.
const (
	OK      = 0
	Failure = 1 // it was tried and did not work, or the answer is no
	Usage   = 2 // the command line or an input could not be read
)

// Error is an error with an exit status of its own. Others end with [Usage] if they are
// of what was given, see package fault, and else with [Failure].
type Error struct {
	Err  error
	Code int
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Usagef returns an error of usage: exit status 2.
func Usagef(format string, args ...any) error { return fault.Input(format, args...) }

// Hint adds a remedy to err. It keeps the exit status that err carries.
func Hint(err error, format string, args ...any) error { return fault.Remedy(err, format, args...) }

// codeOf returns the exit status that an error stands for.
func codeOf(err error) int {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Code
	case fault.OfInput(err):
		return Usage
	}
	return Failure
}

// Exit returns an error without a message that ends the command with code: the report
// on standard output is complete.
func Exit(code int) error { return &Error{Code: code, Err: errors.New("")} }

// Main runs app with the process's arguments and ends the process. The first
// SIGINT or SIGTERM ends what it does in order, a second one at once.
func Main(app *cli.App) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	code := Run(ctx, app, os.Args)
	stop()
	os.Exit(code)
}

// Run runs app and returns the exit status. Flags may stand behind arguments.
func Run(ctx context.Context, app *cli.App, args []string) int {
	plainHelp()
	if app.Writer == nil {
		app.Writer = os.Stdout
	}
	if app.ErrWriter == nil {
		app.ErrWriter = os.Stderr
	}
	out, errs := visible(app.Writer), visible(app.ErrWriter)
	app.Writer, app.ErrWriter = out, errs
	defer out.flush()
	defer errs.flush()
	app.HideHelpCommand = true
	app.DisableSliceFlagSeparator = true
	app.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return usageError(app.Flags, err) }
	app.ExitErrHandler = func(*cli.Context, error) {}
	app.Version = ThisBuild().String()
	cli.VersionPrinter = func(c *cli.Context) { fmt.Fprintln(c.App.Writer, c.App.Name, c.App.Version) }
	if len(app.Commands) > 0 && find(app.Commands, helpCommand) == nil {
		app.Commands = append(app.Commands, ownCommands()...)
	} else if len(app.Commands) == 0 && findFlag(app.Flags, completionFlag) == nil {
		app.Flags = append(app.Flags, &cli.StringFlag{
			Name: completionFlag, Usage: "print what makes a `SHELL` complete the command line: bash, zsh or fish",
		})
	}
	app.Flags = fromEnvironment(app.Flags)
	if find(app.Commands, helpCommand) != nil && findFlag(app.Flags, "help") == nil {
		app.Flags = append(app.Flags, cli.HelpFlag) // the library adds it where there is no such command
	}
	for _, c := range app.Commands {
		prepare(c)
	}
	if len(args) > 1 {
		switch {
		case args[1] == completeWord:
			complete(out, app, args[2:])
			return OK
		case args[1] == "--man" && manPage != nil:
			return report(app, nil, manPage(app))
		case args[1] == helpCommand && len(app.Commands) > 0:
			args = append(append([]string{args[0]}, args[2:]...), "--help")
		}
	}
	line := parse(app, args)
	if len(app.Commands) == 0 && len(args) == 2 && (args[1] == helpCommand || args[1] == "version") {
		if _, err := os.Lstat(args[1]); errors.Is(err, fs.ErrNotExist) { // it is no argument
			line.words, line.rest = []string{args[0], "--" + args[1]}, nil
		}
	}
	return report(app, &line, app.RunContext(ctx, line.arranged()))
}

// manPage prints the manual page; nil in a program that is not built for it.
var manPage func(*cli.App) error

// Names of what every program has.
const (
	helpCommand    = "help"
	completionFlag = "completion" // of a program without commands
)

// ownCommands are those that every program with commands has.
func ownCommands() []*cli.Command {
	return []*cli.Command{
		{
			Name: helpCommand, Usage: "tell what a command does", ArgsUsage: "[COMMAND]",
			Action: func(c *cli.Context) error { return cli.ShowAppHelp(c) },
		},
		{
			Name: "completion", Usage: "print what makes a shell complete the command line: bash, zsh or fish", ArgsUsage: "SHELL",
			Description: "For bash:  source <(hallmark completion bash)   in ~/.bashrc\n" +
				"For zsh:   source <(hallmark completion zsh)    in ~/.zshrc, behind compinit\n" +
				"For fish:  hallmark completion fish | source    in ~/.config/fish/config.fish",
			Action: func(c *cli.Context) error {
				if c.Args().Len() != 1 {
					return Usagef("name one shell: bash, zsh or fish")
				}
				return completionFor(c.App, c.Args().First())
			},
		},
		{
			Name: "version", Usage: "tell which program this is",
			Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print it as JSON"}},
			Action: func(c *cli.Context) error {
				if c.Bool("json") {
					return JSON(c.App.Writer, ThisBuild())
				}
				cli.VersionPrinter(c)
				return nil
			},
		},
	}
}

// Completion prints what a program without commands was asked for with --completion,
// and reports whether it was.
func Completion(c *cli.Context) (asked bool, err error) {
	if shell := c.String(completionFlag); shell != "" {
		return true, completionFor(c.App, shell)
	}
	return false, nil
}

func prepare(c *cli.Command) {
	c.Flags = fromEnvironment(c.Flags)
	c.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return usageError(c.Flags, err) }
	c.HideHelpCommand = true
	for _, sub := range c.Subcommands {
		prepare(sub)
	}
	if len(c.Subcommands) > 0 && c.Action == nil {
		c.Action = func(ctx *cli.Context) error {
			if name := ctx.Args().First(); name != "" {
				return NoCommand(c.Subcommands, name, c.Name+" has no subcommand")
			}
			return cli.ShowSubcommandHelp(ctx)
		}
	}
}

// NoCommand returns the error for an unknown command, with the nearest known one as the hint.
func NoCommand(commands []*cli.Command, name, problem string) error {
	err := Usagef("%s %q", problem, name)
	if near := nearest(commandNames(commands), name); near != "" {
		return Hint(err, "did you mean %s?", near)
	}
	return err
}

// usageError rewords the errors of the library about flags.
func usageError(flags []cli.Flag, err error) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		name = "--" + strings.TrimPrefix(name, "-")
		err = Usagef("there is no flag %s", name)
		if near := nearest(flagNames(flags), name); near != "" {
			return Hint(err, "did you mean %s?", near)
		}
		return err
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return Usagef("--%s needs a value", strings.TrimPrefix(name, "-"))
	}
	if m := invalidValue.FindStringSubmatch(text); m != nil {
		return Usagef("--%s does not take %s", m[2], m[1])
	}
	return Usagef("%s", text)
}

// invalidValue is what the library says of a value that it cannot read, with its reason.
var invalidValue = regexp.MustCompile(`^invalid (?:boolean )?value (".*") for (?:flag )?-+([\w-]+):`)

// missingFlags is what the library says of flags that must be there: Required flags
// "node, key" not set.
func missingFlags(text string) string {
	_, names, _ := strings.Cut(text, `"`)
	names, _, _ = strings.Cut(names, `"`)
	return "missing: --" + strings.ReplaceAll(names, ", ", ", --")
}

// report writes an error of a command line, and returns its exit status.
func report(app *cli.App, line *commandLine, err error) int {
	if err == nil {
		return OK
	}
	code, hint := codeOf(err), ""
	if e := (*fault.Error)(nil); errors.As(err, &e) {
		hint = e.Remedy
	} else if strings.HasPrefix(err.Error(), "Required flag") {
		code = Usage
		err = errors.New(missingFlags(err.Error()))
	}
	// Errors name files and quote servers, whose texts may hold anything.
	text := credential.Printable(strings.TrimSpace(strings.ReplaceAll(err.Error(), "\n", "; ")))
	if text == "" {
		return code
	}
	fmt.Fprintf(app.ErrWriter, "%s: %s\n", app.Name, text)
	if code == Usage && line != nil {
		hint = line.hint(hint, text)
	}
	if hint != "" {
		fmt.Fprintf(app.ErrWriter, "hint: %s\n", credential.Printable(hint))
	}
	return code
}

// Variable returns the environment variable that sets a flag.
func Variable(flag string) string {
	return "HALLMARK_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnvironment lets every flag be set as HALLMARK_<FLAG>.
func fromEnvironment(flags []cli.Flag) []cli.Flag {
	for _, f := range flags { // each kind has a type of its own
		variables := []string{Variable(f.Names()[0])}
		reflect.ValueOf(f).Elem().FieldByName("EnvVars").Set(reflect.ValueOf(variables))
	}
	return flags
}
