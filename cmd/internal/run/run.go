// Package run holds what the project's commands have in common: how they read
// flags, say errors and exit. Call [Main] from main.
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
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/credential"
)

// Exit statuses that all commands share. verify adds those of its verdicts.
const (
	OK      = 0
	Failure = 1 // it was tried and did not work, or the answer is no
	Usage   = 2 // the command line or an input could not be read
)

// Error is an error with an exit status and, if there is one, a remedy.
type Error struct {
	Err  error
	Hint string // one line, without a full stop; may be empty
	Code int
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Usagef returns an error of usage: exit status 2.
func Usagef(format string, args ...any) error {
	return &Error{Err: fmt.Errorf(format, args...), Code: Usage}
}

// Hint adds a remedy to err. It keeps the exit status that err carries.
func Hint(err error, format string, args ...any) error {
	e := &Error{Err: err, Hint: fmt.Sprintf(format, args...), Code: Failure}
	if inner := (*Error)(nil); errors.As(err, &inner) {
		e.Code = inner.Code
	}
	return e
}

// Exit returns an error that says nothing more and ends the command with code:
// the report on standard output has said it all.
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
	app.HideHelpCommand = true
	app.DisableSliceFlagSeparator = true
	app.OnUsageError = usageError
	app.ExitErrHandler = func(*cli.Context, error) {}
	app.Flags = fromEnvironment(app.Flags)
	for _, c := range app.Commands {
		prepare(c)
	}
	return report(app, app.RunContext(ctx, permute(app, args)))
}

func prepare(c *cli.Command) {
	c.Flags = fromEnvironment(c.Flags)
	c.OnUsageError = usageError
	c.HideHelpCommand = true
	for _, sub := range c.Subcommands {
		prepare(sub)
	}
	if len(c.Subcommands) > 0 && c.Action == nil {
		c.Action = func(ctx *cli.Context) error {
			if name := ctx.Args().First(); name != "" {
				return Hint(Usagef("%s has no subcommand %q", c.Name, name), "%s --help lists them", ctx.App.Name+" "+c.Name)
			}
			return cli.ShowSubcommandHelp(ctx)
		}
	}
}

func usageError(_ *cli.Context, err error, _ bool) error {
	text := strings.TrimPrefix(err.Error(), "flag provided but not defined: -")
	if text != err.Error() {
		return Usagef("there is no flag --%s", strings.TrimPrefix(text, "-"))
	}
	return Usagef("%s", text)
}

// report says err and returns the exit status it stands for.
func report(app *cli.App, err error) int {
	if err == nil {
		return OK
	}
	out := io.Writer(os.Stderr)
	if app.ErrWriter != nil {
		out = app.ErrWriter
	}
	code, hint := Failure, ""
	if e := (*Error)(nil); errors.As(err, &e) {
		code, hint = e.Code, e.Hint
	} else if strings.HasPrefix(err.Error(), "Required flag") {
		code = Usage
		err = errors.New(strings.Replace(err.Error(), "Required flag", "missing flag", 1))
	}
	// Errors name files and quote servers, whose texts may hold anything.
	text := credential.Printable(strings.TrimSpace(strings.ReplaceAll(err.Error(), "\n", "; ")))
	if text == "" {
		return code
	}
	fmt.Fprintf(out, "%s: %s\n", app.Name, text)
	if code == Usage && hint == "" {
		hint = app.Name + " --help tells more"
	}
	if hint != "" {
		fmt.Fprintf(out, "hint: %s\n", credential.Printable(hint))
	}
	return code
}

// Variable returns the environment variable that sets a flag.
func Variable(flag string) string {
	return "HALLMARK_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnvironment lets every flag be set as HALLMARK_<FLAG>.
func fromEnvironment(flags []cli.Flag) []cli.Flag {
	for _, f := range flags {
		name := Variable(f.Names()[0])
		switch f := f.(type) {
		case *cli.StringFlag:
			f.EnvVars = []string{name}
		case *cli.StringSliceFlag:
			f.EnvVars = []string{name}
		case *cli.BoolFlag:
			f.EnvVars = []string{name}
		case *cli.IntFlag:
			f.EnvVars = []string{name}
		case *cli.Uint64Flag:
			f.EnvVars = []string{name}
		case *cli.DurationFlag:
			f.EnvVars = []string{name}
		default:
			panic(fmt.Sprintf("flag --%s is of a kind that reads no environment: %T", f.Names()[0], f))
		}
	}
	return flags
}
