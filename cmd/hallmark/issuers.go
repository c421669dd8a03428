package main

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

func issuersCommand() *cli.Command {
	manage := func(name, args, usage, description string, action cli.ActionFunc, more ...flags) *cli.Command {
		return command(name, args, usage, description, action, append([]flags{nodeFlag(), jsonFlag()}, more...)...)
	}
	return group("issuers", "decide who may submit to a node, and how much",
		"For the operator of a running node: at --node on its own machine, or with the password that\n"+
			"the node was started with, as https://NAME:PASSWORD@HOST. What is decided about an issuer goes\n"+
			"before the node's own --issuers, holds within a second, and is kept in an audit log.",
		manage("add", "ADDRESS", "let an issuer submit", "", addIssuer, rightsFlags()),
		manage("list", "", "list the issuers about whom was decided", "", listIssuers),
		manage("show", "ADDRESS", "show what holds for an issuer, and what it has used today", "", showRights),
		manage("set", "ADDRESS", "change what holds for an issuer", "What is not named stays as it is.", setIssuer, rightsFlags()),
		manage("disable", "ADDRESS", "refuse submissions of an issuer",
			"What it has issued can still be revoked.", ableIssuer(true)),
		manage("enable", "ADDRESS", "take submissions of an issuer again", "", ableIssuer(false)),
		manage("remove", "ADDRESS", "forget what was decided about an issuer",
			"Then --issuers of the node decides about it again, and its API keys are no longer for it.\n"+
				"To cut an issuer off, disable it.", removeIssuer),
		group("key", "make, list and revoke API keys",
			"An API key lets one client of an issuer submit, where that is asked for beside the signature.",
			manage("new", "ADDRESS...", "make an API key for issuers, and show it this once", "", newAPIKey,
				text("label", "what it is for, as a `TEXT` for people"),
				text("expires", "the `TIME` from which on it does not count: 2027-01-31T12:00:00Z, or Unix seconds"),
				text("out", "write the key into a new `FILE`, and do not print it")),
			manage("list", "", "list the API keys, without their secrets", "", listAPIKeys),
			manage("revoke", "NAME", "end an API key", "NAME is what hallmark issuers key list shows: hmk_ and 8 characters.", revokeAPIKey)),
		manage("usage", "[ADDRESS]", "tell what was accepted, by UTC day and issuer", "", issuersUsage,
			flags{&cli.IntFlag{Name: "days", Value: 1, Usage: "of this `NUMBER` of days, today included, at most 366"}}))
}

// How an issuer shows that a submission is its own.
const (
	bySignature = "signature"
	byKey       = "key"
)

func rightsFlags() flags {
	list := text("name", "`NAME` for people")
	list = append(list, text("note", "`TEXT` for people")...)
	list = append(list, text("by", "`WAY` in which it shows that a submission is its own: signature, or key, which is an API key, too")...)
	list = append(list, text("submissions-per-day", "take at most this `NUMBER` of submissions in a UTC day; 0 is no limit")...)
	return append(list, text("credentials-per-day", "take at most this `NUMBER` of credentials in a UTC day; 0 is no limit")...)
}

// readRights reads what the flags say of an issuer.
func readRights(c *cli.Context) (change client.IssuerChange, err error) {
	if c.IsSet("name") {
		change.Name = new(c.String("name"))
	}
	if c.IsSet("note") {
		change.Note = new(c.String("note"))
	}
	switch by := c.String("by"); by {
	case "":
	case bySignature, byKey:
		change.NeedsKey = new(by == byKey)
	default:
		return change, run.Usagef("--by: %q is neither signature nor key", by)
	}
	for name, value := range map[string]**uint64{
		"submissions-per-day": &change.SubmissionsPerDay, "credentials-per-day": &change.CredentialsPerDay,
	} {
		if !c.IsSet(name) {
			continue
		}
		n, err := strconv.ParseUint(c.String(name), 10, 53)
		if err != nil {
			return change, run.Usagef("--%s: %q is not a number", name, c.String(name))
		}
		*value = &n
	}
	return change, nil
}

// issuerCall reads the address that a command is about, and makes a client of its node.
func issuerCall(c *cli.Context) (node *client.Client, issuer verifier.Address, err error) {
	if issuer, err = verifier.ParseAddress(c.Args().First()); err != nil {
		return nil, issuer, run.Usagef("%v", err)
	}
	node, err = openNode(c)
	return node, issuer, err
}

func addIssuer(c *cli.Context) error {
	node, address, err := issuerCall(c)
	if err != nil {
		return err
	}
	change, err := readRights(c)
	if err != nil {
		return err
	}
	is, err := node.AddIssuer(c.Context, client.NewIssuer{
		Address: address, Name: orZero(change.Name), Note: orZero(change.Note), NeedsKey: orZero(change.NeedsKey),
		SubmissionsPerDay: orZero(change.SubmissionsPerDay), CredentialsPerDay: orZero(change.CredentialsPerDay),
	})
	if err == nil && is.NeedsKey {
		defer hint(c, "hallmark issuers key new %s makes the API key that it needs", address)
	}
	return issuerDone(c, is, err, "issuer %s may submit", address)
}

func orZero[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}

func setIssuer(c *cli.Context) error {
	change, err := readRights(c)
	if err == nil && change == (client.IssuerChange{}) {
		err = run.Usagef("what shall be changed?")
	}
	if err != nil {
		return err
	}
	return changeIssuer(c, change, "issuer %s is changed")
}

func ableIssuer(disabled bool) cli.ActionFunc {
	says := map[bool]string{true: "issuer %s may not submit any more", false: "issuer %s may submit"}[disabled]
	return func(c *cli.Context) error { return changeIssuer(c, client.IssuerChange{Disabled: &disabled}, says) }
}

func changeIssuer(c *cli.Context, change client.IssuerChange, says string) error {
	node, address, err := issuerCall(c)
	if err != nil {
		return err
	}
	is, err := node.ChangeIssuer(c.Context, address, change)
	return issuerDone(c, is, err, says, address)
}

// issuerDone tells what holds for an issuer now, unless err says why nothing was done.
func issuerDone(c *cli.Context, is client.Issuer, err error, says string, address verifier.Address) error {
	if err != nil {
		return err
	}
	answerJSON(c, is)
	say(c, says, address)
	return nil
}

func removeIssuer(c *cli.Context) error {
	node, address, err := issuerCall(c)
	if err == nil {
		err = node.RemoveIssuer(c.Context, address)
	}
	if err != nil {
		return err
	}
	say(c, "what was decided about issuer %s is forgotten", address)
	return nil
}

func showRights(c *cli.Context) error {
	node, address, err := issuerCall(c)
	if err != nil {
		return err
	}
	is, err := node.Issuer(c.Context, address)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		resultJSON(c, is)
		return nil
	}
	p := &statusPage{c}
	p.line("issuer", "%s", is.Address)
	p.line("name", "%s", is.Name)
	p.line("note", "%s", is.Note)
	p.line("added", "%s", is.AddedAt.Format(time.RFC3339))
	p.line("may submit", "%s", map[bool]string{true: "NO", false: "yes"}[is.Disabled])
	p.line("by", "%s", wayOf(&is))
	today := orZero(is.Today)
	p.line("submissions", "%d today, of %s", today.Submissions, limitOf(is.SubmissionsPerDay))
	p.line("credentials", "%d today, of %s", today.Credentials, limitOf(is.CredentialsPerDay))
	return nil
}

func wayOf(is *client.Issuer) string {
	return map[bool]string{true: "signature and API key", false: "signature"}[is.NeedsKey]
}

func limitOf(n uint64) string {
	if n == 0 {
		return "any number"
	}
	return fmt.Sprint(n)
}

func listIssuers(c *cli.Context) error {
	node, err := openNode(c)
	if err != nil {
		return err
	}
	table := newTable(c, "ISSUER", "MAY SUBMIT", "BY", "SUBMISSIONS TODAY", "CREDENTIALS TODAY", "NAME")
	for after := (verifier.Address{}); ; {
		page, err := node.Issuers(c.Context, after)
		if err != nil {
			return err
		}
		for i := range page.Issuers {
			is := &page.Issuers[i]
			today := orZero(is.Today)
			table.add(is, is.Address.String(), map[bool]string{true: "NO", false: "yes"}[is.Disabled], wayOf(is),
				fmt.Sprintf("%d of %s", today.Submissions, limitOf(is.SubmissionsPerDay)),
				fmt.Sprintf("%d of %s", today.Credentials, limitOf(is.CredentialsPerDay)), is.Name)
		}
		if after = page.Next; after.IsZero() {
			return table.end()
		}
	}
}

func issuersUsage(c *cli.Context) error {
	days := c.Int("days")
	if days < 1 || days > 366 {
		return run.Usagef("--days: %d is not from 1 to 366", days)
	}
	var address verifier.Address
	if given := c.Args().First(); given != "" {
		var err error
		if address, err = verifier.ParseAddress(given); err != nil {
			return run.Usagef("%v", err)
		}
	}
	node, err := openNode(c)
	if err != nil {
		return err
	}
	table := newTable(c, "DAY", "ISSUER", "SUBMISSIONS", "CREDENTIALS")
	now := time.Now().UTC()
	for after := ""; ; {
		page, err := node.Usage(c.Context, now.AddDate(0, 0, 1-days), now, address, after)
		if err != nil {
			return err
		}
		for _, u := range page.Usage {
			table.add(u, u.Day, u.Issuer.String(), fmt.Sprint(u.Submissions), fmt.Sprint(u.Credentials))
		}
		if after = page.Next; after == "" {
			return table.end()
		}
	}
}

// table prints rows in columns, or each as JSON if that is asked for.
type table struct {
	c    *cli.Context
	out  strings.Builder
	rows *tabwriter.Writer
}

func newTable(c *cli.Context, columns ...string) *table {
	t := &table{c: c}
	t.rows = tabwriter.NewWriter(&t.out, 0, 0, 2, ' ', 0)
	t.add(nil, columns...)
	return t
}

// add adds a row. What a server says in it cannot end the row or the column.
func (t *table) add(v any, cells ...string) {
	if t.c.Bool("json") {
		if v != nil {
			resultJSON(t.c, v)
		}
		return
	}
	for i := range cells {
		cells[i] = printable(cells[i])
	}
	fmt.Fprintln(t.rows, strings.Join(cells, "\t"))
}

func (t *table) end() error {
	err := t.rows.Flush()
	for row := range strings.Lines(t.out.String()) {
		result(t.c, "%s", strings.TrimRight(row, " \n"))
	}
	return err
}
