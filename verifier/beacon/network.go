package beacon

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/merkle"
)

// Root is a node of an SSZ hash tree: a SHA-256 digest, or a chunk of 32 bytes.
type Root = merkle.Hash

// ErrUnknownFork is wrapped by errors about a slot of a fork that this version does not
// know: nothing can be told, and a newer verifier may.
var ErrUnknownFork = errors.New("this needs a newer verifier")

// Network is what tells one beacon chain from another. It does not change.
type Network struct {
	Name            string `json:"name"`
	ChainID         uint64 `json:"-"`                     // of the execution chain, EIP-155
	ValidatorsRoot  Root   `json:"genesisValidatorsRoot"` // part of what is signed
	GenesisTime     uint64 `json:"genesisTime"`           // Unix seconds of slot 0
	SecondsPerSlot  uint64 `json:"secondsPerSlot"`
	SlotsPerEpoch   uint64 `json:"slotsPerEpoch"`
	EpochsPerPeriod uint64 `json:"epochsPerPeriod"` // EPOCHS_PER_SYNC_COMMITTEE_PERIOD
	CommitteeSize   uint64 `json:"committeeSize"`   // SYNC_COMMITTEE_SIZE, a power of two of at least 8
	RootsPerSummary uint64 `json:"rootsPerSummary"` // SLOTS_PER_HISTORICAL_ROOT, a power of two of at least 8
	Forks           []Fork `json:"forks"`           // in the order of their epochs, the first one at epoch 0
}

// Fork is an entry of a fork schedule.
type Fork struct {
	Name    string  `json:"name"` // in lower case, as beacon nodes name it
	Epoch   uint64  `json:"epoch"`
	Version Version `json:"version"`
}

// Version is the version of a fork, part of what is signed. Its text form is 0x and 8
// lower-case hex digits.
type Version [4]byte

// MarshalText returns the text form.
func (v Version) MarshalText() ([]byte, error) {
	return hex.AppendEncode([]byte("0x"), v[:]), nil
}

// UnmarshalText accepts the text form only.
func (v *Version) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(strings.TrimPrefix(string(text), "0x"))
	if err != nil || len(b) != len(v) || string(text) != fmt.Sprintf("0x%x", b) {
		return errors.New("want 0x and 8 lower-case hex digits")
	}
	*v = Version(b)
	return nil
}

// layout says where a fork keeps what is proven, as generalized indices (SSZ
// merkle-proofs.md) in the beacon state, execution in the block's body. The number of
// nodes in a branch is the depth of the index.
type layout struct {
	finalized, currentCommittee, nextCommittee uint64
	blockRoots                                 uint64
	summaries                                  uint64 // 0: it is not settled
	execution                                  uint64 // the hash of the execution block
}

// layouts are in the consensus specifications, light-client/sync-protocol.md of each
// fork, and follow from its BeaconState and BeaconBlockBody. From gloas on the body
// names the hash of the parent's payload only, and that is the block that is vouched for.
var layouts = map[string]layout{
	"capella": {105, 54, 55, 37, 59, 412},
	"deneb":   {105, 54, 55, 37, 59, 812},
	"electra": {169, 86, 87, 69, 91, 812},
	"fulu":    {169, 86, 87, 69, 91, 812},
	"gloas":   {735, 2945, 2946, 352, 0, 2856},
}

// Networks returns the public networks that are built in.
func Networks() []*Network { return slices.Clone(networks) }

// ByChain returns the built-in network of an execution chain, or nil.
func ByChain(chainID uint64) *Network {
	for _, n := range networks {
		if n.ChainID == chainID {
			return n
		}
	}
	return nil
}

// Sources: ethereum/consensus-specs configs/mainnet.yaml; eth-clients/sepolia and
// eth-clients/hoodi metadata/config.yaml; gnosischain/configs mainnet/config.yaml and
// chiado/config.yaml. The epochs of electra and fulu on Gnosis Chain, and of fulu on Hoodi,
// are later than the copies of these files that could be read, and are as publicly stated.
var networks = []*Network{
	ethereum("mainnet", 1, "4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95", 1606824023,
		fork("phase0", 0, "00000000"), fork("altair", 74240, "01000000"), fork("bellatrix", 144896, "02000000"),
		fork("capella", 194048, "03000000"), fork("deneb", 269568, "04000000"), fork("electra", 364032, "05000000"),
		fork("fulu", 411392, "06000000")),
	ethereum("sepolia", 11155111, "d8ea171f3c94aea21ebc42a1ed61052acf3f9209c00e4efbaaddac09ed9b8078", 1655733600,
		fork("phase0", 0, "90000069"), fork("altair", 50, "90000070"), fork("bellatrix", 100, "90000071"),
		fork("capella", 56832, "90000072"), fork("deneb", 132608, "90000073"), fork("electra", 222464, "90000074"),
		fork("fulu", 272640, "90000075"), fork("gloas", 353024, "90000076")),
	ethereum("hoodi", 560048, "212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f", 1742213400,
		fork("phase0", 0, "10000910"), fork("altair", 0, "20000910"), fork("bellatrix", 0, "30000910"),
		fork("capella", 0, "40000910"), fork("deneb", 0, "50000910"), fork("electra", 2048, "60000910"),
		fork("fulu", 50688, "70000910")),
	gnosis("gnosis", 100, "f5dcb5564e829aab27264b9becd5dfaa017085611224cb3036f573368dbb9d47", 1638993340,
		fork("phase0", 0, "00000064"), fork("altair", 512, "01000064"), fork("bellatrix", 385536, "02000064"),
		fork("capella", 648704, "03000064"), fork("deneb", 889856, "04000064"), fork("electra", 1337856, "05000064"),
		fork("fulu", 1714688, "06000064")),
	gnosis("chiado", 10200, "9d642dac73058fbf39c0ae41ab1e34e4d889043cb199851ded7095bc99eb4c1e", 1665396300,
		fork("phase0", 0, "0000006f"), fork("altair", 90, "0100006f"), fork("bellatrix", 180, "0200006f"),
		fork("capella", 244224, "0300006f"), fork("deneb", 516608, "0400006f"), fork("electra", 948224, "0500006f"),
		fork("fulu", 1353216, "0600006f")),
}

// ethereum is a network with Ethereum's constants (presets/mainnet).
func ethereum(name string, chainID uint64, validators string, genesis uint64, forks ...Fork) *Network {
	return &Network{
		Name: name, ChainID: chainID, ValidatorsRoot: Root(unhex(validators)), GenesisTime: genesis,
		SecondsPerSlot: 12, SlotsPerEpoch: 32, EpochsPerPeriod: 256, CommitteeSize: 512, RootsPerSummary: 8192, Forks: forks,
	}
}

// gnosis is a network with Gnosis Chain's constants (presets/gnosis).
func gnosis(name string, chainID uint64, validators string, genesis uint64, forks ...Fork) *Network {
	n := ethereum(name, chainID, validators, genesis, forks...)
	n.SecondsPerSlot, n.SlotsPerEpoch, n.EpochsPerPeriod = 5, 16, 512
	return n
}

func fork(name string, epoch uint64, version string) Fork {
	return Fork{name, epoch, Version(unhex(version))}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err) // of a constant above
	}
	return b
}

// Check reports what makes a network impossible. Every network that does not come from
// [Networks] is to be checked before it is used.
func (n *Network) Check() error {
	powers := func(v uint64, most uint64) bool { return v >= 8 && v <= most && v&(v-1) == 0 }
	switch {
	case n.SecondsPerSlot == 0 || n.SecondsPerSlot > 3600 || n.SlotsPerEpoch == 0 || n.SlotsPerEpoch > 1<<16 ||
		n.EpochsPerPeriod == 0 || n.EpochsPerPeriod > 1<<16:
		return errors.New("slots of a second to an hour, epochs and periods of 1 to 65,536 are possible")
	case !powers(n.CommitteeSize, 512):
		return errors.New("the size of a sync committee is a power of two from 8 to 512")
	case !powers(n.RootsPerSummary, 1<<16):
		return errors.New("the number of roots in a summary is a power of two from 8 to 65,536")
	case n.GenesisTime > 1<<40:
		return errors.New("the genesis time is too far away")
	case len(n.Name) > 64:
		return errors.New("the name is longer than 64 bytes")
	case len(n.Forks) == 0 || len(n.Forks) > 32 || n.Forks[0].Epoch != 0:
		return errors.New("the fork schedule has to begin at epoch 0")
	}
	for i, f := range n.Forks[1:] {
		if f.Epoch < n.Forks[i].Epoch {
			return errors.New("the forks are not in the order of their epochs")
		}
	}
	return nil
}

// Epoch returns the epoch of a slot.
func (n *Network) Epoch(slot uint64) uint64 { return slot / n.SlotsPerEpoch }

// Period returns the period of a slot: how often the sync committee has changed before.
func (n *Network) Period(slot uint64) uint64 { return slot / n.periodSlots() }

// FirstSlot returns the first slot of a period.
func (n *Network) FirstSlot(period uint64) uint64 { return period * n.periodSlots() }

func (n *Network) periodSlots() uint64 { return n.SlotsPerEpoch * n.EpochsPerPeriod }

// maxSlot keeps every time and index that is computed from a slot in range.
const maxSlot = 1 << 40

// Time returns when a slot began.
func (n *Network) Time(slot uint64) time.Time {
	return time.Unix(int64(n.GenesisTime+min(slot, maxSlot)*n.SecondsPerSlot), 0).UTC() //nolint:gosec // both are bounded
}

// SlotAt returns the slot at a time; 0 before genesis.
func (n *Network) SlotAt(t time.Time) uint64 {
	return uint64(max(0, t.Unix()-int64(n.GenesisTime))) / n.SecondsPerSlot //nolint:gosec // not negative
}

// forkAt returns the fork of a slot.
func (n *Network) forkAt(slot uint64) (f Fork) {
	for _, next := range n.Forks {
		if next.Epoch <= n.Epoch(slot) {
			f = next
		}
	}
	return f
}

// layoutAt returns where the fork of a slot keeps things.
func (n *Network) layoutAt(slot uint64) (layout, error) {
	if slot > maxSlot {
		return layout{}, fmt.Errorf("slot %d is out of range", slot)
	}
	f := n.forkAt(slot)
	l, ok := layouts[f.Name]
	switch {
	case ok:
		return l, nil
	case slices.Contains(early, f.Name):
		return l, fmt.Errorf("slot %d of %s is of fork %s: only blocks from capella on can be proven", slot, n.Name, f.Name)
	}
	return l, fmt.Errorf("%w: slot %d of %s is of fork %q", ErrUnknownFork, slot, n.Name, f.Name)
}

// early are the forks whose light clients prove nothing of execution blocks.
var early = []string{"phase0", "altair", "bellatrix"}

// doubt adds to an error about something of a slot that a fork which this version does
// not know could be the reason: it can move whatever is in its place before.
func (n *Network) doubt(slot uint64, err error) error {
	if last := n.Forks[len(n.Forks)-1]; err != nil && n.Epoch(slot) >= last.Epoch {
		return fmt.Errorf("%w; if %s has forked since %s, this needs a newer verifier", err, n.Name, last.Name)
	}
	return err
}

// firstSummary returns the period of RootsPerSummary slots that the first entry of
// historical_summaries is of: the list began with capella.
func (n *Network) firstSummary() uint64 {
	for _, f := range n.Forks {
		if f.Name == "capella" {
			return f.Epoch * n.SlotsPerEpoch / n.RootsPerSummary
		}
	}
	return 0
}
