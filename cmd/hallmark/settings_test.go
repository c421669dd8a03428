package main

import (
	"bytes"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/webhook"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

// nodeRun is what a run of hallmark node ended with before it did anything.
type nodeRun struct {
	node   settings
	chains []settings
	output string
	status int
}

// runSettings runs hallmark node with arguments up to where its settings are known.
func runSettings(t *testing.T, then func(*cli.Context, settings, []settings) error, args ...string) (r nodeRun) {
	t.Helper()
	var output strings.Builder
	app := newApp()
	app.Writer, app.ErrWriter = &output, &output
	for _, c := range app.Commands {
		if c.Name != "node" {
			continue
		}
		c.Action = func(c *cli.Context) error {
			file, err := readConfig(c.String("config"))
			if err != nil {
				return err
			}
			if r.node, r.chains, err = effective(c, file); err != nil || then == nil {
				return err
			}
			return then(c, r.node, r.chains)
		}
	}
	r.status = run.Run(t.Context(), app, append([]string{"hallmark", "node"}, args...))
	r.output = output.String()
	return r
}

// Each setting by itself: a flag goes before the environment, that before the file,
// that before the default. The values need not make sense for that.
func TestPrecedence(t *testing.T) {
	for _, s := range nodeSettings {
		t.Run(s.name, func(t *testing.T) {
			t.Setenv(run.Variable(s.name), "") // as good as not set
			path := filepath.Join(t.TempDir(), "hallmark.yaml")
			text := s.name + ": from-file\n"
			if s.chain {
				text = "chains:\n  - " + text
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			got := func(args ...string) string {
				t.Helper()
				r := runSettings(t, nil, args...)
				if r.status != run.OK {
					t.Fatal(r.output)
				}
				given := r.node
				if s.chain {
					given = r.chains[0]
				}
				if len(given[s.name].texts) > 1 {
					t.Errorf("several values: %q", given[s.name].texts)
				}
				return given.text(s.name)
			}
			check := func(what, got, want string) {
				t.Helper()
				if got != want {
					t.Errorf("%s: %q, want %q", what, got, want)
				}
			}
			check("nothing", got(), s.def)
			check("file", got("--config", path), "from-file")
			t.Setenv(run.Variable(s.name), "from-environment,with-comma")
			check("environment", got("--config", path), "from-environment,with-comma")
			check("flag", got("--config", path, "--"+s.name, "from-flag,with-comma"), "from-flag,with-comma")
			check("flag without a file", got("--"+s.name, "from-flag"), "from-flag")
			t.Setenv("HALLMARK_CONFIG", path)
			t.Setenv(run.Variable(s.name), "")
			check("file that the environment names", got(), "from-file")
		})
	}
}

const everySetting = `# all of them
data: state
issuers: who
listen: 127.0.0.1:0
url: https://node.example
batch-age: 90s
batch-count: 7
max-waiting: 70
disk-reserve: 3GiB
evidence-age: 2h
rate: 5
drain: 3
log-format: json
log-level: debug
chains:
  - rpc: [http://127.0.0.1:1, "http://127.0.0.1:2/secret,with-comma"]
    rpc-file: more
    registry: 0x0000000000000000000000000000000000000011
    confirmations: 12
    keystore: keys
    account: %[1]s
    password-file: password
    max-fee: 80 gwei
    max-spend-per-day: 0.05ether
    max-in-flight: 3
    bump-after: 1m
    poll: 2s
  - rpc: http://127.0.0.1:4
    keystore: keys
    account-file: account
    password-file: password
    max-spend-per-day: none
proxies: 10.0.0.0/8, 2001:db8::1
ops-password: ops
webhook: https://registrar.example/hook?token=secret
webhook-secret-file: hook
verify-api: trust.json
`

// writeNode makes a folder with a configuration and all that it names.
func writeNode(t *testing.T) (config, account string) {
	t.Helper()
	folder := t.TempDir()
	key, err := keystore.StoreKey(filepath.Join(folder, "keys"), "secret", keystore.LightScryptN, keystore.LightScryptP)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"hallmark.yaml": fmt.Sprintf(everySetting, key.Address.Hex()),
		"who":           "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 # somebody\n",
		"more":          "# a secret in it\nhttp://127.0.0.1:3/?key=a#b\n",
		"password":      "secret\n",
		"ops":           "correct horse battery\n",
		"hook":          "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB # the old one\nwhsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		"account":       key.Address.Hex() + "\n",
		"trust.json":    `{"hallmarkTrust":1}`,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, "hallmark.yaml"), key.Address.Hex()
}

// What is written in a file arrives at the node, each setting in its place.
func TestSettingsArrive(t *testing.T) {
	path, account := writeNode(t)
	var got anchor.Config
	r := runSettings(t, func(c *cli.Context, node settings, chains []settings) (err error) {
		for name := range map[string]bool{
			"listen": true, "url": true, "rate": true, "proxies": true, "drain": true, "ops-password": true, "log-format": true,
			"log-level": true,
		} {
			if settingOf(name).def == node.text(name) {
				t.Errorf("%s has its default", name)
			}
		}
		got, err = nodeConfig(c, node, chains)
		return err
	}, "--config", path)
	if r.status != run.OK {
		t.Fatal(r.output)
	}
	address := func(s string) verifier.Address {
		a, err := verifier.ParseAddress(s)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	confirmations, err := chain.ParseConfirmations("12")
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Chains) != 2 || got.Chains[0].Key != got.Chains[1].Key || got.Chains[0].Key.Address() != address(account) {
		t.Fatalf("chains: %+v", got.Chains)
	}
	got.Chains[0].Key, got.Chains[1].Key = nil, nil
	want := anchor.Config{
		Data: filepath.Join(filepath.Dir(path), "state"), Roles: role.AllRoles,
		Issuers:    []verifier.Address{address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")},
		BatchCount: 7, BatchAge: 90 * time.Second, MaxWaiting: 70, DiskReserve: 3 << 30, EvidenceAge: 2 * time.Hour, RelaysPerDay: 24,
		Webhook: &webhook.Config{
			URL:     "https://registrar.example/hook?token=secret",
			Secrets: [][]byte{bytes.Repeat([]byte{1}, 24), make([]byte, 24)},
		},
		Chains: []anchor.ChainConfig{
			{
				RPC:      []string{"http://127.0.0.1:1", "http://127.0.0.1:2/secret,with-comma", "http://127.0.0.1:3/?key=a#b"},
				Registry: address("0x0000000000000000000000000000000000000011"), Confirmations: confirmations,
				MaxFee: big.NewInt(80e9), MaxSpendPerDay: big.NewInt(5e16), MaxInFlight: 3, BumpAfter: time.Minute, PollInterval: 2 * time.Second,
			},
			{
				RPC: []string{"http://127.0.0.1:4"}, Registry: verifier.RegistryAddress, Confirmations: chain.Finalized,
				MaxFee: big.NewInt(50e9), MaxInFlight: 8, BumpAfter: 2 * time.Minute, PollInterval: 4 * time.Second,
			},
		},
	}
	same := cmp.Options{
		cmpopts.IgnoreUnexported(anchor.Config{}, webhook.Config{}),
		cmp.Comparer(func(a, b chain.Confirmations) bool { return a == b }),
		cmp.Comparer(func(a, b *big.Int) bool { return a == b || a != nil && b != nil && a.Cmp(b) == 0 }),
	}
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Error(diff)
	}
}

func TestNetworks(t *testing.T) {
	for text, want := range map[string]string{
		"none":                   "[]",
		"10.1.2.3/8,2001:db8::1": "[10.0.0.0/8 2001:db8::1/128]",
		" 192.0.2.1 , fd00::/8 ": "[192.0.2.1/32 fd00::/8]",
		settingOf("proxies").def: "[127.0.0.0/8 ::1/128]",
		"proxy.example":          `flag: "proxy.example" is no network.*`,
		"10.0.0.0/8,":            `flag: "" is no network.*`,
		"10.0.0.0/33":            `flag: "10.0.0.0/33" is no network.*`,
		"::ffff:10.0.0.0/104":    `flag: .*write IPv4 networks as.*`,
	} {
		got, err := settings{"proxies": {texts: []string{text}, source: "flag"}}.networks("proxies")
		said := fmt.Sprint(got)
		if err != nil {
			said = err.Error()
		}
		if said != want && !regexp.MustCompile("^(?:"+want+")$").MatchString(said) {
			t.Errorf("%q: %s, want %s", text, said, want)
		}
	}
}

func TestSettingsRefused(t *testing.T) {
	all, _ := writeNode(t)
	text, err := os.ReadFile(all)
	if err != nil {
		t.Fatal(err)
	}
	replace := func(old, with string) string { return strings.Replace(string(text), old, with, 1) }
	for _, test := range []struct{ name, text, want string }{
		{"unknown", replace("rate: 5", "rates: 5"), `line 11: rates: there is no such setting`},
		{"unknown of a chain", replace("    poll: 2s", "    polls: 2s"), `line 27: polls: there is no such setting`},
		{"secret", replace("password-file: password", "password: secret"), `line 22: password: .*password-file`},
		{"twice", replace("rate: 5", "batch-age: 5"), `line 11: batch-age: it is there twice`},
		{"of a chain", replace("rate: 5", "poll: 5"), `line 11: poll: this is a setting of a chain`},
		{"of the node", replace("    poll: 2s", "    drain: 2s"), `line 27: drain: this is a setting of the node`},
		{"list", replace("batch-age: 90s", "batch-age: [90s]"), `line 6: batch-age: want one value`},
		{"mapping", replace("rate: 5", "rate: {of: 5}"), `line 11: rate: want one value`},
		{"chains", "data: state\nchains: 5\n", `line 2: chains: want a list`},
		{"chain", "data: state\nchains:\n  - 5\n", `line 3: want settings`},
		{"no mapping", "just a text", `line 1: want settings`},
		{"not YAML", "data: [", `line \d`},
		{"two documents", "data: state\n---\ndata: state\n", `more than one document`},
		{"alias", "data: &a state\nurl: *a\n", `line 2: url: want one value`},
		{"time", replace("batch-age: 90s", "batch-age: soon"), `line 6: batch-age: "soon" is not a time`},
		{"negative time", replace("batch-age: 90s", "batch-age: -1s"), `line 6: batch-age: "-1s" is not a time`},
		{"number", replace("batch-count: 7", "batch-count: 0"), `line 7: batch-count: "0" is not a number from 1 on`},
		{"large number", replace("batch-count: 7", "batch-count: 99999999999"), `line 7: batch-count: `},
		{"size", replace("3GiB", "3"), `line 9: disk-reserve: "3" is not a size`},
		{"amount", replace("80 gwei", "80"), `line 23: max-fee: "80" is not an amount`},
		{"relay-for without open", replace("rate: 5", "relay-for: who"), `line 11: relay-for: .*named already`},
		{"no amount", replace("80 gwei", "0 gwei"), `line 23: max-fee: `},
		{"part of a wei", replace("0.05ether", "0.5wei"), `line 24: max-spend-per-day: `},
		{"address", replace("registry: 0x0", "registry: 0y0"), `line 18: registry: `},
		{"confirmations", replace("confirmations: 12", "confirmations: 0"), `line 19: confirmations: `},
		{"URL", replace("http://127.0.0.1:4", "ftp://secret"), `line 28: rpc: one of them is not the URL`},
		{"pause", replace("poll: 2s", "poll: 0"), `line 27: poll: .*without a pause`},
		{
			"two accounts", replace("account-file: account", "account-file: account\n    account: x"),
			`line 30: account-file: account is given too`,
		},
		{"webhook without a secret", replace("webhook-secret-file: hook", ""), `--webhook-secret-file is needed`},
		{"secret without a webhook", replace("webhook: https://registrar.example/hook?token=secret", ""), `--webhook is needed`},
		{"webhook no URL", replace("https://registrar.example", "registrar.example"), `line 35: webhook: it is not the URL of a server`},
		{
			"no webhook secret", replace("webhook-secret-file: hook", "webhook-secret-file: password"),
			`line 36: webhook-secret-file: .*line 1: this is no secret`,
		},
		{"no trust store", replace("verify-api: trust.json", "verify-api: hook"), `line 37: verify-api: .*hook: `},
		{"no chain", "data: state\nissuers: open\n", `--rpc is needed`},
		{"no data", "issuers: open\n", `--data is needed`},
		{"nobody", "data: state\n", `--issuers is needed`},
		{"no password", replace("password-file: password", "password-file: nowhere"), `no file .*nowhere`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(filepath.Dir(all), "bad.yaml")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			r := runSettings(t, func(c *cli.Context, node settings, chains []settings) error {
				if _, err := nodeConfig(c, node, chains); err != nil {
					return err
				}
				return serveConfig(node, new(service))
			}, "--config", path)
			if r.status != run.Usage || !regexp.MustCompile(test.want).MatchString(r.output) {
				t.Errorf("exit status %d, want 2 and %q:\n%s", r.status, test.want, r.output)
			}
			if strings.Contains(r.output, "secret\n") || strings.Contains(r.output, "ftp:") {
				t.Errorf("a secret is repeated:\n%s", r.output)
			}
		})
	}
}

// A remote signer's URL is not repeated in errors.
func TestSignerRefused(t *testing.T) {
	r := runSettings(t, func(c *cli.Context, node settings, chains []settings) error {
		_, err := nodeConfig(c, node, chains)
		return err
	}, "--data", "data", "--issuers", "open", "--rpc", "http://127.0.0.1:1", "--account", "remote+https://user:secret@host/")
	if r.status != run.Failure || !strings.Contains(r.output, "--account: ") || !strings.Contains(r.output, "lacks the account") ||
		strings.Contains(r.output, "secret") {
		t.Errorf("exit status %d: %s", r.status, r.output)
	}
}

// Where a file has several chains, a flag cannot say which is meant.
func TestSettingsOfSeveralChains(t *testing.T) {
	path, _ := writeNode(t)
	for _, s := range nodeSettings {
		if !s.chain {
			continue
		}
		r := runSettings(t, nil, "--config", path, "--"+s.name, "5")
		if r.status != run.Usage || !strings.Contains(r.output, "--"+s.name) || !strings.Contains(r.output, "2 chains") {
			t.Errorf("--%s: exit status %d: %s", s.name, r.status, r.output)
		}
	}
	r := runSettings(t, nil, "--rpc", "http://a,b", "--rpc", "http://c")
	if diff := cmp.Diff([]string{"http://a,b", "http://c"}, r.chains[0]["rpc"].texts); diff != "" || len(r.chains) != 1 {
		t.Errorf("several servers: %s", diff)
	}
}

// What is printed holds no secret, and read again is the same.
func TestPrintSettings(t *testing.T) {
	path, _ := writeNode(t)
	show := func(path string) string {
		r := runSettings(t, printSettings, "--config", path)
		if r.status != run.OK {
			t.Fatal(r.output)
		}
		return r.output
	}
	printed := show(path)
	if strings.Contains(strings.ReplaceAll(printed, "webhook-secret-file", ""), "secret") {
		t.Errorf("a secret is printed:\n%s", printed)
	}
	for _, s := range nodeSettings {
		if !strings.Contains(printed, s.name+":") {
			t.Errorf("%s is not printed", s.name)
		}
	}
	again := filepath.Join(t.TempDir(), "again.yaml")
	if err := os.WriteFile(again, []byte(printed), 0o600); err != nil {
		t.Fatal(err)
	}
	values := func(s string) string { return regexp.MustCompile(` #.*`).ReplaceAllString(s, "") }
	if diff := cmp.Diff(values(printed), values(show(again))); diff != "" {
		t.Error(diff)
	}
}

// Every setting is explained, with the default that it has.
func TestSettingsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| (.*?) \\|")
	documented := map[string]string{}
	var order []string
	for _, m := range row.FindAllSubmatch(page, -1) {
		documented[string(m[1])] = string(m[2])
		order = append(order, string(m[1]))
	}
	var want []string
	for _, s := range nodeSettings {
		want = append(want, s.name)
		def := "none"
		if s.def != "" {
			def = "`" + s.def + "`"
		}
		if s.def != "" && documented[s.name] != def {
			t.Errorf("%s: the default in the page is %q, want %q", s.name, documented[s.name], def)
		}
	}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("settings in docs/operations/configuration.md: %s", diff)
	}
}

// The example is one that a node takes, apart from the files that it names.
func TestExampleConfig(t *testing.T) {
	r := runSettings(t, func(_ *cli.Context, node settings, chains []settings) error {
		for _, name := range []string{"batch-age", "evidence-age", "drain"} {
			if err := node.duration(name, new(time.Duration)); err != nil {
				return err
			}
		}
		for _, s := range chains {
			delete(s, "rpc-file")
			if len(s["rpc"].texts) == 0 {
				s["rpc"] = value{texts: []string{"http://127.0.0.1:1"}}
			}
			if _, err := chainConfig(s); err != nil {
				return err
			}
		}
		return nil
	}, "--config", "../../docs/operations/hallmark.yaml")
	if r.status != run.OK {
		t.Fatal(r.output)
	}
	if len(r.chains) == 0 || r.node.path("data") == "" || r.node.path("issuers") == "" {
		t.Errorf("the example says too little: %v %v", r.node, r.chains)
	}
}

// The operator's password is what the file has, but for the end of the line, and not short.
func TestOpsPassword(t *testing.T) {
	for text, want := range map[string]string{
		"correct horse battery\n":    "correct horse battery",
		"correct horse battery\r\n":  "correct horse battery",
		" spaces are part of it \n":  " spaces are part of it ",
		"short\n":                    "",
		"\n":                         "",
		strings.Repeat("long", 2000): "",
	} {
		path := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := opsPassword(settings{"ops-password": {texts: []string{path}, source: "flag"}})
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%.30q: %q, %v", text, got, err)
		}
	}
	if got, err := opsPassword(settings{}); got != "" || err != nil {
		t.Errorf("without a file: %q, %v", got, err)
	}
}
