package beaconapi

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

const genesis = `{"genesis_time":"1606824023","genesis_validators_root":` +
	`"0x4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95","genesis_fork_version":"0x00000000"}`

// spec is a part of what beacon nodes of Ethereum answer, with a fork that is to come.
var spec = map[string]any{
	"CONFIG_NAME": "mainnet", "PRESET_BASE": "mainnet", "SECONDS_PER_SLOT": "12", "SLOTS_PER_EPOCH": "32",
	"EPOCHS_PER_SYNC_COMMITTEE_PERIOD": "256", "SYNC_COMMITTEE_SIZE": "512", "SLOTS_PER_HISTORICAL_ROOT": "8192", "DEPOSIT_CHAIN_ID": "1",
	"GENESIS_FORK_VERSION": "0x00000000", "ALTAIR_FORK_VERSION": "0x01000000", "ALTAIR_FORK_EPOCH": "74240",
	"CAPELLA_FORK_VERSION": "0x03000000", "CAPELLA_FORK_EPOCH": "194048",
	"BELLATRIX_FORK_VERSION": "0x02000000", "BELLATRIX_FORK_EPOCH": "144896",
	"GLOAS_FORK_VERSION": "0x07000000", "GLOAS_FORK_EPOCH": "18446744073709551615",
	"HEZE_FORK_VERSION": "0x08000000", "HEZE_FORK_EPOCH": "500000", "BLOB_SCHEDULE": []any{map[string]any{"EPOCH": "1"}},
}

func encoded(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The forks are in their order, one to come that is not known by name is among them, and
// one that has no date is not.
func TestReadNetwork(t *testing.T) {
	n, err := readNetwork([]byte(genesis), encoded(t, spec))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range n.Forks {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "phase0 altair bellatrix capella heze" {
		t.Errorf("forks: %s", got)
	}
	if n.Name != "mainnet" || n.ChainID != 1 || n.SecondsPerSlot != 12 || n.GenesisTime != 1606824023 || n.CommitteeSize != 512 {
		t.Errorf("%+v", n)
	}
}

// Configurations that cannot be are refused, and say why.
func TestReadNetworkRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		key   string
		value any
		want  string
	}{
		"no name":                 {"CONFIG_NAME", nil, "CONFIG_NAME"},
		"a number":                {"SECONDS_PER_SLOT", 12, "SECONDS_PER_SLOT"},
		"no number":               {"SLOTS_PER_EPOCH", "many", "SLOTS_PER_EPOCH"},
		"negative":                {"DEPOSIT_CHAIN_ID", "-1", "DEPOSIT_CHAIN_ID"},
		"a slot of no time":       {"SECONDS_PER_SLOT", "0", "slots"},
		"a committee of nobody":   {"SYNC_COMMITTEE_SIZE", "0", "committee"},
		"a committee of all":      {"SYNC_COMMITTEE_SIZE", "1048576", "committee"},
		"no power of two":         {"SLOTS_PER_HISTORICAL_ROOT", "8191", "power of two"},
		"a version too long":      {"CAPELLA_FORK_VERSION", "0x0300000000", "CAPELLA_FORK_VERSION"},
		"a version of no digits":  {"CAPELLA_FORK_VERSION", "latest", "CAPELLA_FORK_VERSION"},
		"no version":              {"HEZE_FORK_VERSION", nil, "HEZE_FORK_VERSION"},
		"an epoch of no digits":   {"HEZE_FORK_EPOCH", "soon", "HEZE_FORK_EPOCH"},
		"a name of endless words": {"CONFIG_NAME", strings.Repeat("x", 65), "CONFIG_NAME"},
		"another genesis":         {"GENESIS_FORK_VERSION", "0x90000069", "different networks"},
	} {
		changed := maps.Clone(spec)
		changed[c.key] = c.value
		if n, err := readNetwork([]byte(genesis), encoded(t, changed)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v", name, n, err)
		}
	}
	for _, bad := range []string{
		"", "null", "{}", "[]", strings.Replace(genesis, "1606824023", "-5", 1), strings.Replace(genesis, "0x4b", "", 1),
	} {
		if n, err := readNetwork([]byte(bad), encoded(t, spec)); err == nil {
			t.Errorf("genesis %s: %+v", bad, n)
		}
	}
	many := maps.Clone(spec)
	for _, name := range strings.Split("abcdefghijklmnopqrstuvwxyz0123456789", "") {
		many[name+"_FORK_EPOCH"], many[name+"_FORK_VERSION"] = "1", "0x00000000"
	}
	if _, err := readNetwork([]byte(genesis), encoded(t, many)); err == nil {
		t.Error("endless forks are taken")
	}
}

// Whatever a server says of its network, what is read of it passes the checks.
func FuzzReadNetwork(f *testing.F) {
	f.Add([]byte(genesis), encoded(f, spec))
	f.Add([]byte(`{}`), []byte(`{"CONFIG_NAME":1}`))
	f.Fuzz(func(t *testing.T, genesis, spec []byte) {
		n, err := readNetwork(genesis, spec)
		if err != nil {
			return
		}
		if err := n.Check(); err != nil {
			t.Error(err)
		}
		_, _ = n.Period(1<<40), n.Time(1<<40)
	})
}
