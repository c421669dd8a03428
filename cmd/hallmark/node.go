package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/signer"
	"github.com/hallmark-node/hallmark/anchor/signer/kms"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
)

func nodeCommand() *cli.Command {
	return command("node", "", "run a node: take submissions, anchor them, serve proofs",
		"Prints the node's URL once it takes submissions. What it has acknowledged survives a\n"+
			"crash at any moment; started again on the same folder it goes on where it was.\n"+
			"Its account pays for the transactions and must not be used by anything else.\n\n"+
			"A setting is taken from its flag, else from the environment, else from the file that\n"+
			"--config names, else it has its default. Several chains are for the file alone.\n"+
			"SIGTERM ends the node in order; a second one ends it at once, which loses nothing either.",
		runNode,
		nodeFlags(),
		toggle("print-config", "print the settings that hold, without secrets, and do nothing else"))
}

func runNode(c *cli.Context) error {
	node, chains, err := readSettings(c)
	if err != nil {
		return err
	}
	if c.Bool("print-config") {
		return printSettings(c, node, chains)
	}
	service, err := newService(c, node)
	if err != nil {
		return err
	}
	config, err := nodeConfig(c, node, chains)
	if err != nil {
		return err
	}
	return openAndServe(c, node, service, config, "hallmark deploy puts it on a chain that does not have it")
}

// newService is what settings say of the HTTP interface and the log, for a node that is to be opened.
func newService(c *cli.Context, node settings) (*service, error) {
	log, err := logger(c, node)
	if err != nil {
		return nil, err
	}
	s := &service{log: log, config: api.Config{URL: node.text("url"), Log: log}}
	return s, serveConfig(node, s)
}

// openAndServe runs a node until it is told to end. noRegistry is the hint if its chain has none.
func openAndServe(c *cli.Context, node settings, service *service, config anchor.Config, noRegistry string) error {
	config.Log = service.log
	if err := openStore(c.Context, node, &config); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(c.Context, "tcp", node.text("listen"))
	if err != nil {
		err = fmt.Errorf("cannot serve at %s: %w", node.text("listen"), err)
		if config.Store != nil {
			err = errors.Join(err, config.Store.Close())
		}
		return err
	}
	n, err := anchor.Open(c.Context, config)
	if err != nil {
		if errors.Is(err, chain.ErrNoRegistry) {
			err = run.Hint(err, "%s", noRegistry)
		}
		return errors.Join(err, listener.Close())
	}
	service.node, service.data, service.listener = n, config.Data, listener
	if config.Data != "" {
		if service.admin, err = listenAdmin(config.Data); err != nil {
			service.log.Warn("no backup can be made while the node runs", "err", err)
		}
	}
	result(c, "http://%s", listener.Addr())
	if err := run.Failed(c.App.Writer); err != nil {
		return errors.Join(err, listener.Close(), n.Close())
	}
	return service.run(c.Context)
}

// openStore opens the store that settings name, unless that is a folder, which the node opens.
func openStore(ctx context.Context, node settings, config *anchor.Config) error {
	where, err := locationOf(node)
	if err == nil && where.shared() {
		config.Store, err = openShared(ctx, where, config.Log)
	}
	return err
}

// logger makes the node's log, on standard error.
func logger(c *cli.Context, node settings) (*slog.Logger, error) {
	options := &slog.HandlerOptions{ReplaceAttr: readable}
	switch level := node.text("log-level"); level {
	case "debug", "info", "warn", "error":
		var l slog.Level
		if err := l.UnmarshalText([]byte(level)); err != nil {
			return nil, err
		}
		options.Level = l
	default:
		return nil, node.wrong("log-level", "%q is none of debug, info, warn and error", level)
	}
	switch format := node.text("log-format"); format {
	case "text":
		return slog.New(slog.NewTextHandler(c.App.ErrWriter, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(run.Exact(c.App.ErrWriter), options)), nil
	default:
		return nil, node.wrong("log-format", "%q is neither text nor json", format)
	}
}

// readable writes durations as people do, "1.5s", which in JSON would be nanoseconds.
func readable(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

// What issuers is set to if it names no file.
const (
	openToAll  = "open" // anybody may submit
	onlyManage = "none" // only those who are added while the node runs
)

// nodeConfig turns settings into what the node takes. Nothing is opened but keys
// and the files that settings name.
func nodeConfig(c *cli.Context, node settings, chains []settings) (anchor.Config, error) {
	config, err := ownConfig(node)
	if err != nil {
		return config, err
	}
	keys := make(map[string]chain.Signer)
	for _, s := range chains {
		one, err := chainConfig(s)
		if err != nil {
			return config, err
		}
		if !config.Roles.Write {
			config.Chains = append(config.Chains, one)
			continue
		}
		// An account that serves several chains is unlocked once.
		name, err := accountName(s)
		if err != nil {
			return config, err
		}
		id := strings.Join([]string{name, s.path("keystore"), s.path("password-file")}, "\x00")
		if keys[id] == nil {
			if keys[id], err = openSigner(c, s, name); err != nil {
				return config, err
			}
		}
		one.Key = keys[id]
		config.Chains = append(config.Chains, one)
	}
	return config, nil
}

// openSigner opens what signs for an account.
func openSigner(c *cli.Context, s settings, name string) (chain.Signer, error) {
	key, err := signer.Open(c.Context, name, func(address string) (*chain.Key, error) {
		return account{s.path("keystore"), address, s.path("password-file")}.unlock(c)
	}, signer.Services{kms.Scheme: kms.Open})
	if err != nil && signer.IsService(name) {
		err = fmt.Errorf("%s: %w", s.source("account"), err)
	}
	return key, err
}

// ownConfig is [nodeConfig] without the chains.
func ownConfig(node settings) (config anchor.Config, err error) {
	where, err := locationOf(node)
	if err != nil {
		return config, err
	}
	config.Data = where.data
	if config.Roles, err = rolesOf(node, where); err != nil {
		return config, err
	}
	issuers := node.path("issuers")
	if issuers == "" {
		return config, run.Hint(run.Usagef("--issuers is needed"), "--issuers open lets anybody submit at your expense; a file names who may; "+
			"none leaves it to hallmark issuers add")
	}
	if config.Open = node.text("issuers") == openToAll; config.Open {
		issuers = node.path("relay-for")
	} else if node.text("issuers") == onlyManage {
		issuers = ""
	}
	if _, ok := node["relay-for"]; ok && !config.Open {
		return config, node.wrong("relay-for", "the issuers are named already, and statements of all of them are relayed")
	}
	if issuers != "" {
		if config.Issuers, err = readIssuers(issuers); err != nil {
			return config, err
		}
	}
	err = cmp.Or(
		node.number("relays-per-day", 1, &config.RelaysPerDay),
		node.duration("batch-age", &config.BatchAge),
		node.number("batch-count", 1, &config.BatchCount),
		node.number("max-waiting", 1, &config.MaxWaiting),
		node.duration("evidence-age", &config.EvidenceAge))
	if err == nil {
		config.Webhook, err = webhookConfig(node)
	}
	// Zero would be the default.
	config.BatchAge, config.EvidenceAge = max(config.BatchAge, time.Millisecond), max(config.EvidenceAge, time.Millisecond)
	reserve, ok := parseSize(node.text("disk-reserve"))
	if config.DiskReserve = reserve; err == nil && !ok {
		err = notASize(node, "disk-reserve")
	}
	if err == nil {
		config.Shares, err = sharesConfig(node)
	}
	return config, err
}

// accountName returns the address of an account, or the URL of what signs for it.
func accountName(s settings) (string, error) {
	path := s.path("account-file")
	if path == "" {
		return s.text("account"), nil
	}
	if _, ok := s["account"]; ok {
		return "", s.wrong("account-file", "account is given too, and only one of them can hold")
	}
	lines, err := readLines(path)
	if err != nil {
		return "", err
	}
	if len(lines) != 1 {
		return "", s.wrong("account-file", "%s has %d lines, want one", path, len(lines))
	}
	return lines[0].text, nil
}

// chainConfig is [nodeConfig] for one chain, without its key.
func chainConfig(s settings) (config anchor.ChainConfig, err error) {
	if config.RPC, err = rpcURLs(s); err != nil {
		return config, err
	}
	if config.Beacon, err = serverURLs(s, "beacon"); err != nil {
		return config, err
	}
	if config.Witness, err = serverURLs(s, "witness"); err != nil {
		return config, err
	}
	if text := s.text("chain"); text != "" {
		if config.Chain, err = verifier.ParseChainID(text); err != nil {
			return config, s.wrong("chain", "%v", err)
		}
	}
	if config.Registry, err = verifier.ParseAddress(s.text("registry")); err != nil {
		return config, s.wrong("registry", "%v", err)
	}
	if config.Confirmations, err = chain.ParseConfirmations(s.text("confirmations")); err != nil {
		return config, s.wrong("confirmations", "%v", err)
	}
	err = cmp.Or(
		s.amount("max-fee", &config.MaxFee),
		s.amount("max-spend-per-day", &config.MaxSpendPerDay),
		s.number("max-in-flight", 1, &config.MaxInFlight),
		s.duration("bump-after", &config.BumpAfter),
		s.duration("poll", &config.PollInterval))
	for name, pause := range map[string]time.Duration{"bump-after": config.BumpAfter, "poll": config.PollInterval} {
		if err == nil && pause == 0 {
			err = s.wrong(name, "the chain cannot be asked without a pause")
		}
	}
	return config, err
}

// rpcURLs returns the servers of a chain, those of the file last.
func rpcURLs(s settings) ([]string, error) {
	urls := append([]string{}, s["rpc"].texts...)
	if path := s.path("rpc-file"); path != "" {
		more, err := readLines(path)
		if err != nil {
			return nil, err
		}
		for _, l := range more {
			urls = append(urls, l.text)
		}
	}
	if len(urls) == 0 {
		return nil, run.Usagef("--rpc is needed")
	}
	for _, u := range urls {
		if !issuer.IsServerURL(u) {
			source := s.source("rpc")
			if _, ok := s["rpc"]; !ok {
				source = s.source("rpc-file")
			}
			return nil, run.Usagef("%s: one of them is not the URL of a server: want http:// or https:// and a host", source)
		}
	}
	return urls, nil
}

// serverURLs returns the servers that a setting lists.
func serverURLs(s settings, name string) ([]string, error) {
	for _, u := range s[name].texts {
		if !issuer.IsServerURL(u) {
			return nil, s.wrong(name, "one of them is not the URL of a server: want http:// or https:// and a host")
		}
	}
	return s[name].texts, nil
}
