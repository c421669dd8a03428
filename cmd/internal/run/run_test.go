package run

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// tool is an app with a subcommand that records what it was given.
func tool(got *[]string) (*cli.App, *bytes.Buffer, *bytes.Buffer) {
	var out, errs bytes.Buffer
	flags := []cli.Flag{
		&cli.StringFlag{Name: "out-dir", Usage: "write to `FOLDER`", Value: "here"},
		&cli.StringSliceFlag{Name: "rpc", Usage: "`URL`"},
		&cli.BoolFlag{Name: "wait", Usage: "wait"},
		&cli.IntFlag{Name: "count", Usage: "a `NUMBER`"},
	}
	action := func(c *cli.Context) error {
		*got = append([]string{c.String("out-dir"), strings.Join(c.StringSlice("rpc"), "|")}, c.Args().Slice()...)
		if c.Bool("wait") {
			*got = append(*got, "waits")
		}
		switch c.Args().First() {
		case "fail":
			return Hint(errors.New("it did\nnot work"), "try again")
		case "hostile":
			return Hint(errors.New("a\x1b[2J\u202ename: no"), "not \x9b here")
		case "usage":
			return Usagef("what is %q?", "usage")
		case "exit":
			return Exit(3)
		}
		return nil
	}
	return &cli.App{
		Name: "tool", Writer: &out, ErrWriter: &errs,
		Commands: []*cli.Command{{Name: "do", Flags: flags, Action: action}, {Name: "group", Subcommands: []*cli.Command{{Name: "do", Flags: slices.Clone(flags), Action: action}}}},
	}, &out, &errs
}

func TestFlagsAnywhere(t *testing.T) {
	for _, tt := range []struct {
		args string
		want string
	}{
		{"do a b", "here,,a,b"},
		{"do a --wait b --out-dir x", "x,,a,b,waits"},
		{"do --out-dir=x a --rpc http://a,b --rpc c", "x,http://a,b|c,a"},
		{"group do a --wait", "here,,a,waits"},
		{"do a -- --wait", "here,,a,--wait"},
		{"do --rpc u -- -x", "here,u,-x"},
		{"do - --wait", "here,,-,waits"},
	} {
		var got []string
		app, _, errs := tool(&got)
		code := Run(context.Background(), app, append([]string{"tool"}, strings.Fields(tt.args)...))
		if code != OK || strings.Join(got, ",") != tt.want {
			t.Errorf("%s: exit status %d, got %s, want %s; %s", tt.args, code, strings.Join(got, ","), tt.want, errs)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		args, stderr string
		code         int
	}{
		{"do fail", "tool: it did; not work\nhint: try again\n", Failure},
		{"do hostile", `tool: a\u001b[2J\u202ename: no` + "\n" + `hint: not \x9b here` + "\n", Failure},
		{"do usage", "tool: what is \"usage\"?\nhint: tool --help tells more\n", Usage},
		{"do exit", "", 3},
		{"do --nonsense", "tool: there is no flag --nonsense\nhint: tool --help tells more\n", Usage},
		{"do --count many", "tool: invalid value \"many\" for flag -count: parse error\nhint: tool --help tells more\n", Usage},
		{"do --out-dir", "tool: flag needs an argument: -out-dir\nhint: tool --help tells more\n", Usage},
		{"group nonsense", "tool: group has no subcommand \"nonsense\"\nhint: tool group --help lists them\n", Usage},
	} {
		var got []string
		app, _, errs := tool(&got)
		code := Run(context.Background(), app, append([]string{"tool"}, strings.Fields(tt.args)...))
		if code != tt.code || errs.String() != tt.stderr {
			t.Errorf("%s: exit status %d, want %d; stderr %q, want %q", tt.args, code, tt.code, errs, tt.stderr)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("HALLMARK_OUT_DIR", "there")
	t.Setenv("HALLMARK_WAIT", "1")
	var got []string
	app, _, _ := tool(&got)
	if code := Run(context.Background(), app, []string{"tool", "do", "--wait=false"}); code != OK || strings.Join(got, ",") != "there," {
		t.Errorf("exit status %d, got %v", code, got)
	}
}

func TestHelp(t *testing.T) {
	var got []string
	app, out, _ := tool(&got)
	if code := Run(context.Background(), app, []string{"tool", "do", "--help"}); code != OK {
		t.Fatalf("exit status %d", code)
	}
	for _, line := range []string{"--out-dir FOLDER  write to FOLDER (default: here)\n", "--wait            wait\n", "--count NUMBER    a NUMBER\n", "--help, -h        show help\n"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("help lacks %q:\n%s", line, out)
		}
	}
}
