package main

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier/online"
)

const frozenSuffix = ".frozen.json"

func freezeCommand() *cli.Command {
	return command("freeze", "FILE|URL", "keep a badge that is only links, before its platform is gone",
		"An Open Badge 1.1 or 2.0 is mostly links: to the assertion, what it is for, and who issued it.\n"+
			"This fetches them, with the pictures, and writes one JSON document with what was answered, to\n"+
			"the byte. Submit it as any other: then it is proven since when it is so. It is read offline.\n"+
			"That the platform answered so is your word, not the issuer's signature.\n\n"+
			"FILE is an assertion, a picture that carries one or its link, or a signed badge. URL is the\n"+
			"address of an assertion, or the page of a badge on Credly, Badgr or Open Badge Factory.\n"+
			"One badge is fetched a call, by https and from public addresses only, and nothing else is\n"+
			"asked than what the badge itself leads to.",
		freeze,
		text("out", "the document's `FILE` (default: the badge's name with "+frozenSuffix+")"),
		toggle("replace", "replace the file that is there"),
		toggle("private", "ask addresses of private networks and of this machine, too"),
		jsonFlag())
}

func freeze(c *cli.Context) error {
	source := c.Args().First()
	from, out, err := freezable(source)
	if err != nil {
		return err
	}
	out = cmp.Or(c.String("out"), out)
	if _, err := os.Stat(out); err == nil && !c.Bool("replace") {
		return isThere(out)
	}
	frozen, err := issuer.Freeze(c.Context, online.New(online.Options{Private: c.Bool("private")}), from)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	if err := createNew(c, out, frozen.Data); err != nil {
		return err
	}
	d := credential.Describe(frozen.Data)
	if len(d.Names) > 0 {
		by := cmp.Or(d.IssuerName, append(d.IssuerIDs, d.IssuerURL)[0])
		say(c, "%s by %s: %s", credential.Quoted(d.Names[0]), credential.Quoted(by), plural(len(frozen.Bundle.Parts), "part", "parts"))
	}
	if frozen.Revoked != "" {
		say(c, "warning: the badge was revoked: %s", frozen.Revoked)
	}
	if len(frozen.Missing) > 0 {
		say(c, "warning: not there any more: %s", strings.Join(frozen.Missing, ", "))
	}
	for _, remark := range frozen.Remarks {
		say(c, "%s", remark)
	}
	if c.Bool("json") {
		type part struct {
			Role   string `json:"role"`
			URL    string `json:"url,omitempty"`
			Status int    `json:"status,omitempty"`
			Bytes  int    `json:"bytes"`
		}
		var parts []part
		for _, p := range frozen.Bundle.Parts {
			parts = append(parts, part{string(p.Role), p.URL, p.Status, len(p.Body)})
		}
		resultJSON(c, struct {
			File    string   `json:"file"`
			Badge   string   `json:"badge"`
			Frozen  string   `json:"frozen"`
			Revoked string   `json:"revoked,omitempty"`
			Missing []string `json:"missing,omitempty"`
			Remarks []string `json:"remarks,omitempty"`
			Parts   []part   `json:"parts"`
		}{out, frozen.Bundle.Badge, frozen.Bundle.Frozen.Format(time.RFC3339), frozen.Revoked, frozen.Missing, frozen.Remarks, parts})
		return nil
	}
	result(c, "%s", out)
	hint(c, "hallmark submit %s proves since when it is so", out)
	return nil
}

var unnamed = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// freezable returns what the argument is, and how the frozen badge is called by default.
func freezable(source string) (*issuer.Freezable, string, error) {
	if strings.Contains(source, "://") {
		address, err := issuer.BadgeAddress(source)
		if err != nil {
			return nil, "", err
		}
		name := "badge"
		if u, err := url.Parse(address); err == nil {
			name = strings.Trim(unnamed.ReplaceAllString(strings.TrimSuffix(path.Base(u.Path), path.Ext(u.Path)), "-"), "-.")
		}
		return &issuer.Freezable{Address: address}, cmp.Or(name, "badge") + frozenSuffix, nil
	}
	file, err := fault.ReadFile(source, issuer.MaxDocument)
	if err != nil {
		return nil, "", err
	}
	from, err := issuer.ReadFreezable(file)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", source, err)
	}
	return from, strings.TrimSuffix(source, filepath.Ext(source)) + frozenSuffix, nil
}
