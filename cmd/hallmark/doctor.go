package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/doctor"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

func doctorCommand() *cli.Command {
	return command("doctor", "", "examine what a node is set up with, and name the fault and its remedy",
		"Takes the settings of hallmark node and checks each: configuration, data folder, key,\n"+
			"RPC servers, registry, account, clock, address. It sends nothing to the chain and may\n"+
			"run beside the node. One line a check: ok, warn, fail, or skip for what another fault\n"+
			"keeps from being told. Exit status: 0 if nothing fails, 1 if something does.",
		examine,
		nodeFlags(), jsonFlag())
}

func examine(c *cli.Context) error {
	report := &findings{c: c}
	if setup, ok := readSetup(c, report); ok {
		doctor.Examine(c.Context, setup, report.add)
	}
	answerJSON(c, struct {
		OK       bool             `json:"ok"`
		Findings []doctor.Finding `json:"findings"`
	}{report.failed == 0, report.list})
	if report.failed > 0 {
		return run.Exit(run.Failure)
	}
	return c.Context.Err()
}

// findings collects what is found, and without --json prints it as it comes.
type findings struct {
	c      *cli.Context
	list   []doctor.Finding
	failed int
}

func (r *findings) add(f doctor.Finding) {
	r.list = append(r.list, f)
	if f.Level == doctor.Fail {
		r.failed++
	}
	if r.c.Bool("json") {
		return
	}
	text := strings.TrimSpace(f.Check+" "+f.Subject) + ": " + f.Text
	if f.Remedy != "" {
		text += "; remedy: " + f.Remedy
	}
	result(r.c, "%-4s  %s", f.Level, printable(text))
}

// fault adds an error of this command, if it is one, as a finding, its hint as the remedy.
func (r *findings) fault(check, subject string, err error, remedy string) {
	if err == nil {
		return
	}
	if hinted := (*fault.Error)(nil); errors.As(err, &hinted) && hinted.Remedy != "" {
		remedy = hinted.Remedy
	}
	r.add(doctor.Finding{Check: check, Subject: subject, Level: doctor.Fail, Text: err.Error(), Remedy: remedy})
}

// readSetup reads the settings as the node does, and goes on after faults with what
// can be examined all the same. ok is false if that is nothing.
func readSetup(c *cli.Context, report *findings) (setup doctor.Setup, ok bool) {
	const check, remedy = "configuration", "correct it; hallmark node --help describes the settings, --print-config shows what holds"
	node, chains, err := readSettings(c)
	if err != nil {
		report.fault(check, "", err, remedy)
		return setup, false
	}
	faults := len(report.list)
	config, err := ownConfig(node)
	report.fault(check, "", err, remedy)
	_, err = logger(c, node)
	report.fault(check, "", err, remedy)
	report.fault(check, "", serveConfig(node, new(service)), remedy)
	setup.Data, setup.DiskReserve, setup.Listen = node.path("data"), config.DiskReserve, node.text("listen")
	setup.Secrets = secretFiles(setup.Secrets, node, "ops-password", "webhook-secret-file", "store-file")
	where, err := locationOf(node) // its fault was told
	shared := err == nil && where.shared()
	if shared {
		setup.Store = func(ctx context.Context) (*store.Store, error) {
			return openShared(ctx, where, slog.New(slog.DiscardHandler))
		}
	}
	setup.Serving = func(ctx context.Context) string { return servingAt(ctx, setup.Data) }
	var keys []settings // of setup.Chains
	for i, s := range chains {
		name := fmt.Sprintf("chain %d of %d", i+1, len(chains))
		one, err := chainConfig(s)
		if err != nil {
			report.fault(check, name, err, remedy)
			continue
		}
		setup.Chains = append(setup.Chains, doctor.Chain{
			Name: name, ID: one.Chain, RPC: one.RPC, Beacon: one.Beacon, Registry: one.Registry, Confirmations: one.Confirmations,
			MaxFee: one.MaxFee, ReadOnly: !config.Roles.Write,
		})
		config.Chains = append(config.Chains, one)
		keys = append(keys, s)
		setup.Secrets = secretFiles(setup.Secrets, s, "rpc-file", "account-file", "password-file")
	}
	if len(report.list) == faults {
		report.fault(check, "", config.Check(), remedy)
	}
	if len(report.list) == faults {
		report.add(doctor.Finding{Check: check, Level: doctor.OK, Text: "can be read"})
	}
	for i := range setup.Chains {
		if !config.Roles.Write {
			continue // it needs none
		}
		setup.Chains[i].Account = openKey(c, keys[i], setup.Chains[i].Name, report)
	}
	return setup, setup.Data != "" || shared
}

// secretFiles adds the files that settings name, each once.
func secretFiles(to []string, s settings, names ...string) []string {
	for _, name := range names {
		if path := s.path(name); path != "" {
			to = addNew(to, path)
		}
	}
	return to
}

// openKey opens a chain's key as the node does, and returns its address: the
// configured one if it does not open.
func openKey(c *cli.Context, s settings, name string, report *findings) verifier.Address {
	account, err := accountName(s)
	if err != nil {
		report.fault("key", name, err, "correct it")
		return verifier.Address{}
	}
	key, err := openSigner(c, s, account)
	if err == nil {
		report.add(doctor.Finding{Check: "key", Subject: name, Level: doctor.OK, Text: "opens, of " + key.Address().String()})
		return key.Address()
	}
	report.fault("key", name, err, "hallmark key list shows which keys there are; check --keystore, --account and --password-file")
	address, err := verifier.ParseAddress(account)
	if err != nil {
		return verifier.Address{}
	}
	return address
}
