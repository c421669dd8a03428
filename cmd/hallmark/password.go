package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/fault"
)

// passwordVariable holds a password itself. There is no such flag: the command line
// can be read by every user of the machine.
const passwordVariable = "HALLMARK_PASSWORD"

// maxPassword bounds a password file, in bytes.
const maxPassword = 64 << 10

func passwordFlag() cli.Flag {
	return &cli.StringFlag{Name: "password-file", Usage: "`FILE` with the key's password, of which one trailing newline is dropped (else $" + passwordVariable + ", else a prompt)"}
}

// password gets the password of what is named. A new one is asked for twice.
func password(c *cli.Context, of string, isNew bool) (string, error) {
	return passwordFrom(c, c.String("password-file"), of, isNew)
}

// passwordFrom is [password] for a password file that was named in some way, or was
// not.
func passwordFrom(c *cli.Context, path, of string, isNew bool) (string, error) {
	if path != "" {
		data, err := fault.ReadFile(path, maxPassword)
		if err != nil {
			return "", err
		}
		text := strings.TrimSuffix(string(data), "\n")
		return strings.TrimSuffix(text, "\r"), nil
	}
	if text := os.Getenv(passwordVariable); text != "" {
		return text, nil
	}
	text, err := prompt(c, "password of "+of)
	if err != nil || !isNew {
		return text, err
	}
	if text == "" {
		return "", errors.New("an empty password protects nothing")
	}
	again, err := prompt(c, "the same again")
	if err != nil {
		return "", err
	}
	if again != text {
		return "", errors.New("the two passwords differ; nothing was done")
	}
	return text, nil
}

// prompt reads a line from the terminal without showing it. Standard input may be
// in use for something else; then the terminal is asked behind its back.
func prompt(c *cli.Context, what string) (string, error) {
	in := os.Stdin
	if !term.IsTerminal(int(in.Fd())) {
		tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		if err != nil || !stderrIsTerminal(c) {
			return "", run.Hint(run.Usagef("the password is needed, and there is no terminal to ask at"), "give --password-file FILE, or set "+passwordVariable)
		}
		defer tty.Close()
		in = tty
	}
	fmt.Fprintf(c.App.ErrWriter, "hallmark: %s: ", what)
	text, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(c.App.ErrWriter)
	return string(text), err
}
