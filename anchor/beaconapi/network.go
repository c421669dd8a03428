package beaconapi

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// forkNames are the forks that a configuration may name, in their order.
var forkNames = []string{"altair", "bellatrix", "capella", "deneb", "electra", "fulu", "gloas"}

// Network returns what the servers say of their network, and is not to be believed for
// one that is built in.
func (c *Client) Network(ctx context.Context) (*beacon.Network, error) {
	var genesis struct {
		Time           string      `json:"genesis_time"`
		ValidatorsRoot beacon.Root `json:"genesis_validators_root"`
		Version        string      `json:"genesis_fork_version"`
	}
	if err := c.get(ctx, "/eth/v1/beacon/genesis", data(&genesis)); err != nil {
		return nil, fmt.Errorf("genesis of the beacon chain: %w", err)
	}
	var spec map[string]any
	if err := c.get(ctx, "/eth/v1/config/spec", data(&spec)); err != nil {
		return nil, fmt.Errorf("configuration of the beacon chain: %w", err)
	}
	r := specReader{spec: spec}
	n := &beacon.Network{
		Name: r.text("CONFIG_NAME"), ChainID: r.number("DEPOSIT_CHAIN_ID"), ValidatorsRoot: genesis.ValidatorsRoot,
		SecondsPerSlot: r.number("SECONDS_PER_SLOT"), SlotsPerEpoch: r.number("SLOTS_PER_EPOCH"),
		EpochsPerPeriod: r.number("EPOCHS_PER_SYNC_COMMITTEE_PERIOD"), CommitteeSize: r.number("SYNC_COMMITTEE_SIZE"),
		RootsPerSummary: r.number("SLOTS_PER_HISTORICAL_ROOT"),
		Forks:           []beacon.Fork{{Name: "phase0", Version: r.version("GENESIS_FORK_VERSION")}},
	}
	n.GenesisTime, _ = strconv.ParseUint(genesis.Time, 10, 40)
	for _, name := range forkNames {
		key := strings.ToUpper(name) + "_FORK_"
		if _, ok := spec[key+"EPOCH"]; !ok {
			continue // a fork that this software does not know of
		}
		f := beacon.Fork{Name: name, Epoch: r.number(key + "EPOCH"), Version: r.version(key + "VERSION")}
		if f.Epoch <= maxEpoch { // else it is not scheduled
			n.Forks = append(n.Forks, f)
		}
	}
	if err := errors.Join(r.err, n.Check()); err != nil {
		return nil, fmt.Errorf("configuration of the beacon chain: %w", err)
	}
	if n.GenesisTime == 0 {
		return nil, errors.New("genesis of the beacon chain: its time cannot be read")
	}
	return n, nil
}

// maxEpoch tells a scheduled fork from one at FAR_FUTURE_EPOCH.
const maxEpoch = 1 << 40

// specReader reads a configuration. The first error stays.
type specReader struct {
	spec map[string]any
	err  error
}

func (r *specReader) text(key string) string {
	s, ok := r.spec[key].(string)
	if (!ok || len(s) > 64) && r.err == nil {
		r.err = fmt.Errorf("%s cannot be read", key)
	}
	return s
}

func (r *specReader) number(key string) uint64 {
	v, err := strconv.ParseUint(r.text(key), 10, 64)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s is no number", key)
	}
	return v
}

func (r *specReader) version(key string) (v beacon.Version) {
	b, err := hex.DecodeString(strings.TrimPrefix(r.text(key), "0x"))
	if (err != nil || len(b) != len(v)) && r.err == nil {
		r.err = fmt.Errorf("%s is no fork version", key)
	}
	copy(v[:], b)
	return v
}
