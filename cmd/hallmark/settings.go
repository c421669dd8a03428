package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

// A setting is one thing that the operator of a node decides. It is a flag, an
// environment variable and a key of the configuration file, all of one name.
type setting struct {
	name  string
	usage string // of the flag
	def   string // the default, in the form in which it is given
	chain bool   // each chain has its own
	list  bool   // may be given several times
	path  bool   // a file or folder: in the configuration file relative to that file
	url   bool   // may hold a secret
}

// nodeSettings are all of them, in the order of docs/operations/configuration.md.
var nodeSettings = []setting{
	{name: "data", path: true, usage: "`FOLDER` of the node's state"},
	{
		name: "store", url: true,
		usage: "`URL` of a PostgreSQL database that has the node's state instead, as postgres://USER@HOST/DATABASE: " +
			"several processes may share it",
	},
	{name: "store-file", path: true, usage: "`FILE` with such a URL: for one that holds a secret"},
	{
		name: "blobs", url: true,
		usage: "with store: `URL` of the S3 bucket for what is large, as s3://BUCKET/PREFIX?endpoint=URL&region=REGION&path-style=true",
	},
	{name: "role", def: role.AllRoles.String(), usage: "with store: `ROLES` of this process, with commas between: intake, serve, write"},
	{name: "issuers", path: true, usage: "who may submit: open for anybody, a `FILE` with an address a line, or none: see hallmark issuers"},
	{
		name: "relay-for", path: true,
		usage: "with issuers open: `FILE` with an address a line of issuers whose statements are relayed before anything of theirs is final",
	},
	{name: "relays-per-day", def: "24", usage: "relay at most this `NUMBER` of statements of an issuer in a UTC day"},
	{name: "listen", def: "127.0.0.1:8700", usage: "serve at `HOST:PORT`; port 0 picks a free one"},
	{name: "url", usage: "`URL` at which others reach this node, for hints in proofs"},
	{name: "batch-age", def: "1m", usage: "seal a batch when its oldest submission has waited for this `TIME`"},
	{name: "batch-count", def: "1000", usage: "seal a batch at this `NUMBER` of submissions"},
	{name: "max-waiting", def: "100000", usage: "take no more submissions while this `NUMBER` waits for a batch"},
	{name: "disk-reserve", def: "512MiB", usage: "take no more submissions while the disk of the data folder has less than this `SIZE` free"},
	{name: "evidence-age", def: "1h", usage: "fetch evidence again when it is asked for and older than this `TIME`"},
	{name: "shares", usage: "show badges that their holders share on pages, up to this `SIZE` of all together, as in 1GiB (default: none)"},
	{name: "shares-for", def: "0s", usage: "take what is shared down after this `TIME`, as in 8760h; 0s: only its holder does"},
	{
		name: "shares-trust", path: true,
		usage: "`FILE` with a trust store by which pages of what is shared tell who issuers are, beside what is built in",
	},
	{name: "rate", def: "100", usage: "answer each client address this `NUMBER` of requests a second; 0 is no limit"},
	{
		name: "proxies", def: "127.0.0.0/8,::1/128",
		usage: "believe X-Forwarded-For of reverse proxies in these `NETWORKS`, with commas between; none: of nobody",
	},
	{
		name: "ops-password", path: true,
		usage: "`FILE` with the password for the operator's page and what it shows, for other machines (default: this machine alone)",
	},
	{
		name: "verify-api", path: true,
		usage: "answer POST /v1/verify with verdicts by the trust store `FILE`: who asks believes this node",
	},
	{name: "webhook", url: true, usage: "`URL` that is told when a submission becomes final"},
	{
		name: "webhook-secret-file", path: true,
		usage: "`FILE` with the secret that signs what the webhook is told; while it changes, the old and the new one",
	},
	{name: "drain", def: "0s", usage: "after SIGTERM serve on for this `TIME`, but take no submissions, so that a load balancer notices"},
	{name: "log-format", def: "text", usage: "`FORMAT` of the log on standard error: text or json"},
	{name: "log-level", def: "info", usage: "log from this `LEVEL` on: debug, info, warn or error"},

	{
		name: "chain", chain: true,
		usage: "the `CHAIN` that is meant, as eip155:1 (default: the one that the servers speak for); needed to add one to a " +
			"folder alone, and to start while several are out of reach",
	},
	{
		name: "rpc", chain: true, list: true, url: true,
		usage: "`URL` of a JSON-RPC server of the chain; again for further servers, the preferred one first",
	},
	{name: "rpc-file", chain: true, path: true, usage: "`FILE` with such URLs, one a line: for URLs that hold a secret"},
	{
		name: "beacon", chain: true, list: true, url: true,
		usage: "`URL` of a beacon node of the chain, for vouchers that a block is final; again for further ones",
	},
	{
		name: "witness", chain: true, list: true, url: true,
		usage: "`URL` of a witness whose cosignatures go into proofs; again for further ones",
	},
	{name: "registry", chain: true, def: verifier.RegistryAddress.String(), usage: "`ADDRESS` of the registry"},
	{
		name: "confirmations", chain: true, def: chain.Finalized.String(),
		usage: "when a block is final: finalized, safe, or a `NUMBER` of blocks",
	},
	{name: "keystore", chain: true, path: true, usage: keystoreUsage},
	{
		name: "account", chain: true, url: true,
		usage: "`ADDRESS` of the key to use (may be left out if the keystore holds only one), or URL of what signs with it: " +
			"remote+https://HOST/#0xADDRESS or awskms:///KEY",
	},
	{name: "account-file", chain: true, path: true, usage: "`FILE` with such an address or URL: for a URL that holds a secret"},
	{name: "password-file", chain: true, path: true, usage: passwordUsage},
	// What a lying RPC server can make the account lose. Since 2024 Ethereum's base fee is
	// mostly below 5 gwei, and above 50 gwei for hours a year; an anchor takes 47,000 gas. At
	// 1 gwei, a budget of 0.1 ether is for 800 batches in a day, counted at twice the base fee.
	{
		name: "max-fee", chain: true, def: "50gwei",
		usage: "pay at most this `AMOUNT` for each gas, as in 80gwei; above it batches wait; none is no limit",
	},
	{
		name: "max-spend-per-day", chain: true, def: "0.1ether",
		usage: "commit to at most this `AMOUNT` in a UTC day, as in 0.05ether; beyond it batches wait; none is no limit",
	},
	{
		name: "max-in-flight", chain: true, def: "8",
		usage: "send no more batches while this `NUMBER` is in no block yet, and no more statements while half as many are",
	},
	{name: "bump-after", chain: true, def: "2m", usage: "pay more for a transaction that is in no block after this `TIME`"},
	{name: "poll", chain: true, def: "4s", usage: "look for a new block every so often (`TIME`)"},
}

// nodeFlags are the flags of a command that reads the settings of a node.
func nodeFlags() flags {
	list := text("config", "`FILE` with settings, in YAML; flags and environment go before it")
	for _, s := range nodeSettings {
		if s.list {
			list = append(list, &cli.StringSliceFlag{Name: s.name, Usage: s.usage})
		} else {
			list = append(list, &cli.StringFlag{Name: s.name, Usage: s.usage, DefaultText: s.def})
		}
	}
	return list
}

// value is what a setting was given.
type value struct {
	texts  []string
	source string // where it was given, for error messages
	folder string // what a relative path is relative to; empty: the working directory
}

// settings are those of a node or of one of its chains, by name. What was given
// nowhere is not in it.
type settings map[string]value

// readSettings returns the settings that hold for a command.
func readSettings(c *cli.Context) (node settings, chains []settings, err error) {
	file, err := readConfig(c.String("config"))
	if err != nil {
		return nil, nil, err
	}
	return effective(c, file)
}

// effective is the one place that says what goes before what: a flag, then the
// environment, then the configuration file. Defaults are for [settings.text]. An
// empty value is none.
//
// Flags and environment know nothing of several chains, so a setting of a chain that
// is given there is refused if the file has more than one.
func effective(c *cli.Context, file *configFile) (node settings, chains []settings, err error) {
	node, chains = settings{}, make([]settings, max(1, len(file.chains)))
	for i := range chains {
		chains[i] = settings{}
	}
	for _, s := range nodeSettings {
		given := commandLine(c, s)
		switch {
		case s.chain && len(given.texts) > 0 && len(chains) > 1:
			return nil, nil, run.Usagef("%s: %s has %d chains, and it is not clear which one is meant; say it there",
				given.source, file.path, len(chains))
		case s.chain:
			for i := range chains {
				if v := given; len(v.texts) > 0 {
					chains[i][s.name] = v
				} else if i < len(file.chains) && len(file.chains[i][s.name].texts) > 0 {
					chains[i][s.name] = file.chains[i][s.name]
				}
			}
		case len(given.texts) > 0:
			node[s.name] = given
		case len(file.node[s.name].texts) > 0:
			node[s.name] = file.node[s.name]
		}
	}
	return node, chains, nil
}

// commandLine returns what a setting was given as a flag or in the environment, of
// which the library has already taken the flag first.
func commandLine(c *cli.Context, s setting) (v value) {
	if !c.IsSet(s.name) {
		return v
	}
	if s.list {
		v.texts = slices.Clone(c.StringSlice(s.name))
	} else {
		v.texts = []string{c.String(s.name)}
	}
	v.texts = slices.DeleteFunc(v.texts, func(text string) bool { return text == "" })
	v.source = "--" + s.name
	if name := run.Variable(s.name); len(v.texts) == 1 && os.Getenv(name) == v.texts[0] {
		v.source += " or $" + name
	}
	return v
}

// text returns a setting's value, or its default.
func (s settings) text(name string) string {
	if v, ok := s[name]; ok {
		return v.texts[0]
	}
	return settingOf(name).def
}

// path returns the value of a setting that names a file or a folder.
func (s settings) path(name string) string {
	v, ok := s[name]
	if !ok {
		return ""
	}
	if v.folder == "" || filepath.IsAbs(v.texts[0]) {
		return v.texts[0]
	}
	return filepath.Join(v.folder, v.texts[0])
}

// source says where a setting was given.
func (s settings) source(name string) string {
	if v, ok := s[name]; ok {
		return v.source
	}
	return "--" + name
}

// wrong is an error about the value of a setting.
func (s settings) wrong(name, format string, args ...any) error {
	return run.Usagef("%s: %s", s.source(name), fmt.Sprintf(format, args...))
}

// settingOf returns the setting of a name; without one if there is none.
func settingOf(name string) setting {
	for _, s := range nodeSettings {
		if s.name == name {
			return s
		}
	}
	return setting{}
}

// printSettings writes what holds as a configuration file, with paths that hold
// anywhere and no more of a URL than its scheme and host.
func printSettings(c *cli.Context, node settings, chains []settings) error {
	var out strings.Builder
	show := func(indent string, isChain bool, given settings) {
		for _, s := range nodeSettings {
			v, ok := given[s.name]
			switch {
			case s.chain != isChain:
			case !ok && s.def == "":
				fmt.Fprintf(&out, "%s# %s:\n", indent, s.name)
			case !ok:
				fmt.Fprintf(&out, "%s%s: %q # default\n", indent, s.name, s.def)
			default:
				texts := append([]string{}, v.texts...)
				for i := range texts {
					if s.url {
						texts[i] = withoutSecrets(texts[i])
					}
				}
				isWord := s.name == "issuers" && (texts[0] == openToAll || texts[0] == onlyManage)
				if s.path && !isWord {
					texts[0] = absolute(given.path(s.name))
				}
				if s.list {
					fmt.Fprintf(&out, "%s%s: [%s] # %s\n", indent, s.name, `"`+strings.Join(texts, `", "`)+`"`, v.source)
				} else {
					fmt.Fprintf(&out, "%s%s: %q # %s\n", indent, s.name, texts[0], v.source)
				}
			}
		}
	}
	show("", false, node)
	fmt.Fprintln(&out, "chains:")
	for _, s := range chains {
		fmt.Fprintln(&out, "  -")
		show("    ", true, s)
	}
	_, err := fmt.Fprint(c.App.Writer, out.String())
	return err
}

// withoutSecrets leaves scheme and host of a URL. An address is none.
func withoutSecrets(text string) string {
	if _, err := verifier.ParseAddress(text); err == nil {
		return text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "***"
	}
	short := u.Scheme + "://" + u.Host
	if short != text {
		short += "/***"
	}
	return short
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
