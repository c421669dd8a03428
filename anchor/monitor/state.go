package monitor

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/follow"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// state is what has to outlive the process, so that each thing is reported once. It is written
// after the reports of a step: who is killed between both reports these again, with the same ids.
type state struct {
	Version  int                `json:"hallmarkMonitor"` // 1
	Home     verifier.Home      `json:"home"`
	Issuers  []verifier.Address `json:"issuers"` // ascending
	Position follow.Position    `json:"position,omitzero"`

	Open    map[string][]Report           `json:"open"`    // what was reported and is not final, by place
	Unread  []unread                      `json:"unread"`  // what is tried again, the oldest first
	Lists   map[verifier.Address][]list   `json:"lists"`   // the issuers' last lists, ascending
	Records map[verifier.Address]recorded `json:"records"` // what the registry said at the newest block
	Roots   []merkle.Hash                 `json:"roots"`   // batches whose submissions were reported, the newest last
	Outbox  []Report                      `json:"outbox"`  // for the webhook
}

// unread is a batch or a status list whose blocks nobody gave yet.
type unread struct {
	Event chain.Event `json:"event"`
	Final bool        `json:"final"`
}

// list names a status list, and where it was set.
type list struct {
	Version  uint64      `json:"version"`
	Root     merkle.Hash `json:"root"`
	Manifest merkle.Hash `json:"manifest"`
	Block    uint64      `json:"block"`
	Place    string      `json:"place"`
}

// recorded is what the registry records of an issuer.
type recorded struct {
	Version     uint64           `json:"version"`
	Root        merkle.Hash      `json:"root"`
	RetiredFrom uint64           `json:"retiredFrom"`
	Controller  verifier.Address `json:"controller"`
}

// Bounds of what a state keeps.
const (
	maxUnread = 10_000
	maxLists  = 64 // of an issuer: reorgs reach back fewer
	maxRoots  = 4096
	maxOutbox = 10_000
	maxState  = 256 << 20 // bytes of the file
)

// clone returns a copy that can be changed.
func (s *state) clone() *state {
	c := *s
	c.Open, c.Lists, c.Records = maps.Clone(s.Open), maps.Clone(s.Lists), maps.Clone(s.Records)
	for issuer, lists := range c.Lists {
		c.Lists[issuer] = slices.Clone(lists)
	}
	c.Unread, c.Roots, c.Outbox = slices.Clone(s.Unread), slices.Clone(s.Roots), slices.Clone(s.Outbox)
	return &c
}

// loadState reads the state at a path, or begins one: none is kept if path is empty.
func loadState(path string, home verifier.Home, issuers []verifier.Address) (*state, error) {
	fresh := &state{
		Version: 1, Home: home, Issuers: issuers, Open: make(map[string][]Report), Lists: make(map[verifier.Address][]list),
		Records: make(map[verifier.Address]recorded),
	}
	if path == "" {
		return fresh, nil
	}
	durable.RemoveTemps(path)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fresh, nil
	}
	data, err := fault.ReadFile(path, maxState)
	if err != nil {
		return nil, err
	}
	var s state
	if err := json.Unmarshal(data, &s); err != nil || s.Version != 1 {
		return nil, fault.Remedy(fmt.Errorf("%s is no state of a monitor, or one of a newer program", path), "name another file with --state")
	}
	if s.Home != home || !slices.Equal(s.Issuers, issuers) {
		return nil, fault.Remedy(fmt.Errorf("%s is of other issuers or of another registry", path), "name another file with --state")
	}
	if s.Open == nil || s.Lists == nil || s.Records == nil {
		return nil, fault.Remedy(fmt.Errorf("%s is damaged", path), "name another file with --state")
	}
	return &s, nil
}

func (s *state) save(path string) error {
	if path == "" {
		return nil
	}
	data, err := json.Marshal(s, json.Deterministic(true))
	if err != nil {
		return err
	}
	if err := durable.Replace(path, data, durable.Private); err != nil {
		return fmt.Errorf("write down what was reported: %w", err)
	}
	return nil
}

// writable reports why a state cannot be written, before anything is reported.
func writable(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, durable.Private)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Size() == 0 {
		err = os.Remove(path)
	}
	return errors.Join(err, f.Close())
}
