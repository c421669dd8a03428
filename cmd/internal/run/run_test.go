package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
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
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return NoCommand(c.App.Commands, name, "there is no command")
			}
			return cli.ShowAppHelp(c)
		},
		Commands: []*cli.Command{
			{Name: "must", Flags: []cli.Flag{&cli.StringFlag{Name: "key", Required: true}}, Action: action},
			{Name: "do", Usage: "do it", Flags: flags, Action: action},
			{Name: "group", Subcommands: []*cli.Command{{Name: "do", Flags: slices.Clone(flags), Action: action}}},
		},
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
		{"do usage", "tool: what is \"usage\"?\nhint: tool do --help tells more\n", Usage},
		{"do exit", "", 3},
		{"do --nonsense", "tool: there is no flag --nonsense\nhint: tool do --help tells more\n", Usage},
		{"do --outdir x", "tool: there is no flag --outdir\nhint: did you mean --out-dir? tool do --help tells more\n", Usage},
		{"do --count many", "tool: --count does not take \"many\"\nhint: tool do --help tells more\n", Usage},
		{"do --count=many", "tool: --count does not take \"many\"\nhint: tool do --help tells more\n", Usage},
		{"do --out-dir", "tool: --out-dir needs a value\nhint: tool do --help tells more\n", Usage},
		{"do a --out-dir", "tool: --out-dir needs a value\nhint: tool do --help tells more\n", Usage},
		{"group nonsense", "tool: group has no subcommand \"nonsense\"\nhint: tool group --help tells more\n", Usage},
		{"group nonsense --help", "tool: group has no subcommand \"nonsense\"\nhint: tool group --help tells more\n", Usage},
		{"help nonsense", "tool: there is no command \"nonsense\"\nhint: tool --help tells more\n", Usage},
		{"group od", "tool: group has no subcommand \"od\"\nhint: did you mean do? tool group --help tells more\n", Usage},
		{"group do --cuont 1", "tool: there is no flag --cuont\nhint: did you mean --count? tool group do --help tells more\n", Usage},
		{"must", "tool: missing: --key\nhint: tool must --help tells more; HALLMARK_KEY sets --key, too\n", Usage},
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
	for _, args := range []string{
		"do --help", "do a b --help", "do --wait a -h --out-dir x", "help do", "group do a --help",
		"do --out-dir --help", "do a --out-dir -h", "do --help=true a", "group help do", "group --help do",
		"help group do",
	} {
		app, out, errs := tool(&got)
		if code := Run(context.Background(), app, append([]string{"tool"}, strings.Fields(args)...)); code != OK || errs.Len() > 0 {
			t.Errorf("%s: exit status %d; %s", args, code, errs)
		}
		for _, line := range []string{
			"--out-dir FOLDER  write to FOLDER (default: here)\n", "--wait            wait\n",
			"--count NUMBER    a NUMBER\n", "--help, -h        show help\n",
		} {
			if !strings.Contains(out.String(), line) {
				t.Errorf("%s: help lacks %q:\n%s", args, line, out)
			}
		}
	}
	for args, want := range map[string]string{
		"help": "COMMANDS:", "--help": "COMMANDS:", "help group": "tool group", "do -- --help": "",
		"group help": "tool group", "group help do": "tool group do", "do a help": "",
	} {
		app, out, errs := tool(&got)
		if code := Run(context.Background(), app, append([]string{"tool"}, strings.Fields(args)...)); code != OK || errs.Len() > 0 ||
			!strings.Contains(out.String(), want) ||
			(want == "") != (out.Len() == 0) {
			t.Errorf("%s: exit status %d; %s%s", args, code, out, errs)
		}
	}
}

// Whatever a command prints, and however, nothing of it moves the cursor.
func TestTerminalIsSafe(t *testing.T) {
	const hostile = "a\x1b]0;title\x07\u202eb\u2066c\u00ad\ufe0fd\u2800\xffe"
	const shown = `a\u001b]0;title\u0007\u202eb\u2066c\u00ad\ufe0fd\u2800\xffe`
	for name, write := range map[string]func(w io.Writer){
		"at once": func(w io.Writer) { fmt.Fprintln(w, hostile) },
		"byte by byte": func(w io.Writer) {
			for i := range len(hostile) {
				_, _ = w.Write([]byte{hostile[i]})
			}
			fmt.Fprintln(w)
		},
		"twice": func(w io.Writer) { fmt.Fprintln(visible(w), hostile) },
	} {
		var out, errs bytes.Buffer
		app := &cli.App{Name: "tool", Writer: &out, ErrWriter: &errs, Action: func(c *cli.Context) error {
			write(c.App.Writer)
			write(c.App.ErrWriter)
			_, err := io.WriteString(c.App.Writer, "\xe2\x80")
			fmt.Fprint(Exact(c.App.ErrWriter), "\r\x1b[K")
			return err
		}}
		if code := Run(context.Background(), app, []string{"tool"}); code != OK || out.String() != shown+"\n"+`\xe2\x80` ||
			errs.String() != shown+"\n\r\x1b[K" {
			t.Errorf("%s: exit status %d, %q and %q", name, code, &out, &errs)
		}
	}
}

func TestJSON(t *testing.T) {
	const hostile = "a\x1b\u202e\U000e0041\u009b\u00ad<é\u2028"
	var out bytes.Buffer
	if err := JSON(visible(&out), map[string]string{"x": hostile}); err != nil {
		t.Fatal(err)
	}
	if want := `{"x":"a\u001b\u202e\udb40\udc41\u009b\u00ad<é\u2028"}` + "\n"; out.String() != want {
		t.Errorf("got %s, want %s", &out, want)
	}
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["x"] != hostile {
		t.Errorf("%q, %v", back, err)
	}
}

func TestCompleteWord(t *testing.T) {
	for words, want := range map[string]string{
		"":              "must do group help completion version",
		"d":             "do",
		"group ":        "do",
		"group d":       "do",
		"do --o":        "--out-dir",
		"do a --w":      "--wait",
		"do --out-dir ": "",
		"do --wait ":    "",
		"do a":          "",
		"help g":        "group",
		"help group ":   "do",
		"do --":         "--out-dir --rpc --wait --count --help",
	} {
		var got []string
		app, out, _ := tool(&got)
		args := append([]string{"tool", completeWord}, strings.Split(words, " ")...)
		if code := Run(context.Background(), app, args); code != OK || strings.Join(strings.Fields(out.String()), " ") != want {
			t.Errorf("%q: exit status %d, got %q, want %q", words, code, strings.Fields(out.String()), want)
		}
	}
}

func TestVersion(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26", Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-01-01T00:00:00Z"}, {Key: "vcs.modified", Value: "true"},
	}}
	for want, b := range map[string]Build{
		"v1.2.3 (revision abc, of 2026-01-01T00:00:00Z, modified)": buildOf(info),
		"v1.2.3":  buildOf(&debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}),
		"unknown": buildOf(&debug.BuildInfo{}),
	} {
		if b.String() != want {
			t.Errorf("%q, want %q", b, want)
		}
	}
	for _, args := range []string{"version", "--version", "version --json"} {
		var got []string
		app, out, errs := tool(&got)
		if code := Run(context.Background(), app, append([]string{"tool"}, strings.Fields(args)...)); code != OK || errs.Len() > 0 ||
			strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%s: exit status %d, %s%s", args, code, out, errs)
		}
	}
}
