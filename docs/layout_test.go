package docs_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hallmark-node/hallmark/"

// layers are the packages from the top down, as architecture.md has them: a package
// may import those of lower layers and of its own folder, none above. Within a layer
// nobody imports anybody.
var layers = [][]string{
	{"cmd/hallmark", "cmd/verify", "web/wasm"},
	{"cmd/internal/verifycmd"},
	{"cmd/internal/run"},
	{"issuer", "anchor/doctor", "anchor/fsck", "anchor/staticdir", "anchor/monitor"},
	{"anchor/api"},
	{"anchor"},
	// The roles of a node know nothing of each other.
	{"anchor/gateway", "anchor/intake", "anchor/mirror", "anchor/pipeline", "anchor/serving", "anchor/sharing", "anchor/webhook"},
	{"anchor/finality", "anchor/access"},
	{"anchor/role"},
	{"anchor/client", "anchor/store"},
	{"anchor/store/pebblekv", "anchor/store/postgres"},
	{"anchor/store/kv"},
	{"anchor/car"},
	{"anchor/publish", "anchor/signer", "anchor/witnessd"},
	{"anchor/signer/internal/signed"},
	{"issuer/paper"}, // which a node draws cards with, and knows nothing of issuing
	{"anchor/follow"},
	{"testnet", "anchor/chain", "anchor/beaconapi"},
	{"anchor/internal/endpoint"},
	{"verifier/files"},
	{"verifier/qrproof", "verifier/verifiertest", "verifier/live", "verifier/online", "verifier/archive", "verifier/renew", "verifier/static"},
	{"verifier"},
	{"verifier/trustlist"},
	{"verifier/beacon", "verifier/witness", "verifier/identity"}, // they know nothing of proofs
	{"contracts"},
	{"credential/secured"},
	{"credential"},
	{"credential/hosted"},
	{"merkle"},
	{"internal", "testdata/badges", "web"}, // below all
}

// listed is what go list tells of a package.
type listed struct {
	ImportPath   string
	Name         string
	Imports      []string
	Deps         []string
	GoFiles      []string
	IgnoredFiles []string `json:"IgnoredGoFiles"`
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Name,Imports,Deps,GoFiles,IgnoredGoFiles", "../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// layerOf returns the place of a package of this module in [layers], from the top. A folder
// that is not listed itself, an internal one for instance, is where the one above it is.
func layerOf(path string) (int, bool) {
	for name := path; name != "."; name = filepath.Dir(name) {
		for i, layer := range layers {
			if slices.Contains(layer, name) {
				return i, true
			}
		}
	}
	return 0, false
}

// TestImportsPointDown holds the imports against the layers.
func TestImportsPointDown(t *testing.T) {
	checked := 0
	for _, p := range packages(t) {
		from, ours := strings.CutPrefix(p.ImportPath, module)
		at, ok := layerOf(from)
		if !ours || !ok {
			continue // programs that make test data, and what measures
		}
		for _, path := range p.Imports {
			to, ours := strings.CutPrefix(path, module)
			if !ours || strings.HasPrefix(to, from+"/internal/") {
				continue
			}
			checked++
			switch below, ok := layerOf(to); {
			case !ok:
				t.Errorf("%s imports %s, which has no layer", from, to)
			case below < at:
				t.Errorf("%s imports %s, which is above it", from, to)
			case below == at && filepath.Dir(from) != to && filepath.Dir(to) != from:
				t.Errorf("%s imports %s, which is beside it", from, to)
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d imports were looked at", checked)
	}
}

// linked is what a package may not link, and of that what it may all the same. A name that
// ends with an asterisk stands for all that begin like it.
type linked struct{ banned, allowed []string }

// TestWhatIsLinked holds what those link who use a package: the verifier, which strangers
// run on strangers' files, and the libraries.
func TestWhatIsLinked(t *testing.T) {
	const cloud = "github.com/aws/*"
	rules := map[string]linked{
		"cmd/verify": {banned: []string{
			module + "anchor*", module + "testnet*", module + "contracts*", "github.com/cockroachdb/*", "github.com/ethereum/*", cloud,
			"database/sql*", "testing", "codeberg.org/go-pdf/*", "github.com/go-text/*", // nor what prints
		}},
		"cmd/hallmark": {banned: []string{
			module + "anchor/anchortest*", module + "issuer/certify/certifytest", module + "testnet/*", module + "internal/scripttest",
			"testing", "net/http/httptest",
		}, allowed: []string{module + "testnet/beaconsim"}},
		"anchor/client": {banned: []string{
			module + "anchor", module + "anchor/*", module + "contracts", module + "testnet", "github.com/cockroachdb/*",
			"github.com/ethereum/go-ethereum/ethclient*", "github.com/ethereum/go-ethereum/rpc*",
			"github.com/danielgtaylor/*", "github.com/prometheus/*", cloud,
		}, allowed: []string{module + "anchor/client", module + "anchor/publish"}},
		"issuer": {banned: []string{
			module + "anchor", module + "anchor/store", module + "anchor/api", module + "testnet", module + "cmd/*",
			"github.com/cockroachdb/*", "github.com/urfave/*", "github.com/danielgtaylor/*", "github.com/prometheus/client*", cloud,
		}},
		"anchor": {banned: []string{cloud}},
		"anchor/intake": {banned: []string{
			module + "anchor", module + "anchor/pipeline", module + "anchor/serving", module + "anchor/chain",
			"github.com/ethereum/go-ethereum/rpc*",
		}},
		"anchor/publish": {banned: []string{cloud}},
		"anchor/signer":  {banned: []string{cloud}},
		"verifier":       {banned: []string{cloud}},
	}
	checked := 0
	for _, p := range packages(t) {
		rule, ok := rules[strings.TrimPrefix(p.ImportPath, module)]
		if !ok {
			continue
		}
		checked++
		for _, path := range p.Deps {
			is := func(name string) bool {
				prefix, all := strings.CutSuffix(name, "*")
				return path == name || all && strings.HasPrefix(path, prefix)
			}
			if slices.ContainsFunc(rule.banned, is) && !slices.ContainsFunc(rule.allowed, is) {
				t.Errorf("%s links %s", p.ImportPath, path)
			}
		}
	}
	if checked != len(rules) {
		t.Errorf("%d of %d packages are there", checked, len(rules))
	}
}

// TestPackagesAreSmall bounds the files of a package: one with more has two jobs.
func TestPackagesAreSmall(t *testing.T) {
	for _, p := range packages(t) {
		if n := len(p.GoFiles) + len(p.IgnoredFiles); n > 30 && p.Name != "main" {
			t.Errorf("%s has %d files", p.ImportPath, n)
		}
	}
}
