package beaconapi

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// Network returns what the servers say of their network, and is not to be believed for
// one that is built in.
func (c *Client) Network(ctx context.Context) (*beacon.Network, error) {
	var genesis, spec json.RawMessage
	if err := c.get(ctx, "/eth/v1/beacon/genesis", nil, data(&genesis)); err != nil {
		return nil, fmt.Errorf("genesis of the beacon chain: %w", err)
	}
	if err := c.get(ctx, "/eth/v1/config/spec", nil, data(&spec)); err != nil {
		return nil, fmt.Errorf("configuration of the beacon chain: %w", err)
	}
	n, err := readNetwork(genesis, spec)
	if err != nil {
		return nil, fmt.Errorf("configuration of the beacon chain: %w", err)
	}
	return n, nil
}

// readNetwork reads the data of the genesis and of the configuration.
func readNetwork(genesis, spec []byte) (*beacon.Network, error) {
	var g struct {
		Time           string         `json:"genesis_time"`
		ValidatorsRoot *beacon.Root   `json:"genesis_validators_root"`
		Version        beacon.Version `json:"genesis_fork_version"`
	}
	if err := json.Unmarshal(genesis, &g); err != nil || g.ValidatorsRoot == nil {
		return nil, errors.New("the genesis cannot be read")
	}
	r := &specReader{}
	if err := json.Unmarshal(spec, &r.spec); err != nil {
		return nil, errors.New("it is no list of constants")
	}
	n := &beacon.Network{
		Name: r.text("CONFIG_NAME"), ChainID: r.number("DEPOSIT_CHAIN_ID"), ValidatorsRoot: *g.ValidatorsRoot,
		SecondsPerSlot: r.number("SECONDS_PER_SLOT"), SlotsPerEpoch: r.number("SLOTS_PER_EPOCH"),
		EpochsPerPeriod: r.number("EPOCHS_PER_SYNC_COMMITTEE_PERIOD"), CommitteeSize: r.number("SYNC_COMMITTEE_SIZE"),
		RootsPerSummary: r.number("SLOTS_PER_HISTORICAL_ROOT"), Forks: r.forks(),
	}
	if err := errors.Join(r.err, n.Check()); err != nil {
		return nil, err
	}
	var err error
	if n.GenesisTime, err = strconv.ParseUint(g.Time, 10, 40); err != nil {
		return nil, errors.New("the time of the genesis cannot be read")
	}
	if g.Version != n.Forks[0].Version {
		return nil, errors.New("the genesis and the configuration are of different networks")
	}
	return n, nil
}

// maxEpoch tells a scheduled fork from one at FAR_FUTURE_EPOCH.
const maxEpoch = 1 << 40

// forkOrder are the known forks in their order, which matters where several are at one epoch.
var forkOrder = []string{"phase0", "altair", "bellatrix", "capella", "deneb", "electra", "fulu", "gloas"}

// specReader reads a configuration. The first error stays.
type specReader struct {
	spec map[string]any
	err  error
}

// forks returns the schedule, with those forks that this software does not know: nothing can
// be told of what is signed under them, which is not to be taken for a bad signature.
func (r *specReader) forks() []beacon.Fork {
	forks := []beacon.Fork{{Name: "phase0", Version: r.version("GENESIS_FORK_VERSION")}}
	for key := range r.spec {
		name, ok := strings.CutSuffix(key, "_FORK_EPOCH")
		if !ok {
			continue
		}
		if epoch := r.number(key); epoch <= maxEpoch {
			forks = append(forks, beacon.Fork{Name: strings.ToLower(name), Epoch: epoch, Version: r.version(name + "_FORK_VERSION")})
		}
	}
	order := func(f beacon.Fork) int {
		if i := slices.Index(forkOrder, f.Name); i >= 0 {
			return i
		}
		return len(forkOrder)
	}
	slices.SortFunc(forks, func(a, b beacon.Fork) int {
		return cmp.Or(cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(order(a), order(b)), cmp.Compare(a.Name, b.Name))
	})
	return forks
}

func (r *specReader) text(key string) string {
	s, ok := r.spec[key].(string)
	if (!ok || len(s) > 64) && r.err == nil {
		r.err = fmt.Errorf("%.64q cannot be read", key)
	}
	return s
}

func (r *specReader) number(key string) uint64 {
	v, err := strconv.ParseUint(r.text(key), 10, 64)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%.64q is no number", key)
	}
	return v
}

func (r *specReader) version(key string) (v beacon.Version) {
	b, err := hex.DecodeString(strings.TrimPrefix(r.text(key), "0x"))
	if (err != nil || len(b) != len(v)) && r.err == nil {
		r.err = fmt.Errorf("%.64q is no fork version", key)
	}
	copy(v[:], b)
	return v
}
