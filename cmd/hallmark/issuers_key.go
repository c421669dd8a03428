package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/verifier"
)

// apiKeyFlag is of commands that submit.
func apiKeyFlag() flags {
	return text("api-key-file", "`FILE` with the API key that the node's operator gave you, where the node asks for one")
}

// useAPIKey makes a client submit with the key of the file that --api-key-file names.
func useAPIKey(c *cli.Context, node *client.Client) error {
	path := c.String("api-key-file")
	if path == "" {
		return nil
	}
	lines, err := readLines(path)
	if err != nil {
		return err
	}
	if len(lines) != 1 {
		return run.Usagef("--api-key-file: %s has %d lines, want one with the key", path, len(lines))
	}
	key, err := client.ParseAPIKey(lines[0].text)
	if err != nil {
		return run.Usagef("--api-key-file: %s: %v", path, err)
	}
	node.SetAPIKey(key)
	return nil
}

func newAPIKey(c *cli.Context) error {
	var request client.NewKey
	request.Label = c.String("label")
	for _, given := range c.Args().Slice() {
		address, err := verifier.ParseAddress(given)
		if err != nil {
			return run.Usagef("%v", err)
		}
		request.Issuers = append(request.Issuers, address)
	}
	expires, err := parsed(c, "expires", parseTime)
	if err != nil {
		return err
	}
	if expires != 0 {
		request.ExpiresAt = new(time.Unix(int64(expires), 0).UTC())
	}
	path := c.String("out")
	if _, err := os.Lstat(path); path != "" && err == nil {
		return run.Usagef("%s is there already, and nothing was changed", path)
	}
	node, err := openNode(c)
	if err != nil {
		return err
	}
	made, err := node.NewKey(c.Context, request)
	if err != nil {
		return err
	}
	if path != "" {
		if err := writeAPIKey(path, made.Key); err != nil {
			// Nobody has it: it is of no use, and may not stay.
			return errors.Join(err, node.RevokeKey(c.Context, made.Info.Name))
		}
		say(c, "the API key %s is in %s", made.Info.Name, path)
		answerJSON(c, made.Info)
		return nil
	}
	answer(c, made, "%s", made.Key)
	hint(c, "give it to the issuer, who puts it into a file: hallmark submit --api-key-file FILE. It is not shown again")
	return nil
}

func writeAPIKey(path, key string) error {
	err := durable.Create(path, []byte(key+"\n"), 0o600)
	if errors.Is(err, fs.ErrExist) {
		return run.Usagef("%s is there already, and nothing was changed", path)
	}
	if err == nil {
		err = durable.SyncFolder(filepath.Dir(path))
	}
	return err
}

func listAPIKeys(c *cli.Context) error {
	node, err := openNode(c)
	if err != nil {
		return err
	}
	now := time.Now()
	t := newTable(c, "KEY", "STATE", "LAST USED", "ISSUERS", "LABEL")
	for after := ""; ; {
		page, err := node.Keys(c.Context, after)
		if err != nil {
			return err
		}
		for _, k := range page.Keys {
			state, used := "counts", "never"
			switch {
			case k.RevokedAt != nil:
				state = "revoked " + k.RevokedAt.Format(time.DateOnly)
			case k.ExpiresAt != nil && !now.Before(*k.ExpiresAt):
				state = "expired " + k.ExpiresAt.Format(time.DateOnly)
			case k.ExpiresAt != nil:
				state = "until " + k.ExpiresAt.Format(time.DateOnly)
			}
			if k.UsedAt != nil {
				used = k.UsedAt.Format("2006-01-02 15h")
			}
			var issuers []string
			for _, is := range k.Issuers {
				issuers = append(issuers, is.String())
			}
			t.add(k, k.Name, state, used, strings.Join(issuers, " "), k.Label)
		}
		if after = page.Next; after == "" {
			return t.end()
		}
	}
}

func revokeAPIKey(c *cli.Context) error {
	name := c.Args().First()
	if len(name) > 12 && client.IsAPIKey(name) {
		name = name[:12] // somebody has the key alone, and it is not to travel
	}
	if _, err := client.ParseAPIKeyName(name); err != nil {
		return run.Usagef("%v", err)
	}
	node, err := openNode(c)
	if err == nil {
		err = node.RevokeKey(c.Context, name)
	}
	if err != nil {
		return err
	}
	say(c, "the API key %s counts no more", name)
	return nil
}
