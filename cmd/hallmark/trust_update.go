package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/beaconapi"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

func trustUpdateCommand() *cli.Command {
	return command("update", "", "follow a chain's sync committees from one that is trusted to the newest",
		"Goes from the newest sync committee that is trusted, built in or in the trust store, hop by\n"+
			"hop: each committee has signed which one comes next. Writes the newest one to the trust\n"+
			"store, and the hops to hops.pack, where hallmark verify finds them. Nobody who is asked is\n"+
			"believed: what does not lead on from what is trusted is refused, and nothing is written.\n\n"+
			"Beacon nodes forget the hops of some months ago; nodes of Hallmark and files of hops do not.\n\n"+
			"Of a chain without any trusted committee the first one is taken on the word of the servers:\n"+
			"give both --beacon and --rpc, best of different parties, and compare what is shown with what\n"+
			"others have.",
		trustUpdate,
		trustFlag(),
		texts("beacon", "`URL` of a beacon node (Beacon API); may be repeated: the others are asked where one fails"),
		texts("hops", "`FILE` of hops, such as another's hops.pack; may be repeated"),
		texts("node", "`URL` of a node of Hallmark that has hops; may be repeated"),
		text("chain", "the `CHAIN`, as eip155:1 (default: that of the beacon node, else all of which a committee is trusted)"),
		texts("rpc", "`URL` of a JSON-RPC server of the chain, for its first committee; may be repeated"),
		toggle("test", "mark a chain that is new as one for tests: verdicts there are at most UNKNOWN unless allowed"),
		text("origin", "`TEXT` to write beside the committee (default: how it was found)"),
		text("out-hops", "keep the hops in `FILE` (default: hallmark/hops.pack in your configuration folder)"),
		jsonFlag())
}

// updated is the machine form of what was done for a chain.
type updated struct {
	Chain  verifier.ChainID `json:"chain"`
	From   uint64           `json:"from"` // the period of the committee that was trusted before; of a first one its own
	Period uint64           `json:"period"`
	Root   verifier.Hash    `json:"root"`
	Hops   int              `json:"hops"`
	First  bool             `json:"first,omitzero"` // nothing but servers' words speaks for it

	news bool // the trust store did not have it
}

// update is one run of the command.
type update struct {
	c      *cli.Context
	beacon *beaconapi.Client // or nil
	hosts  string            // of the beacon nodes
	nodes  []*client.Client
	store  string // path of the trust store
	trust  *verifier.Trust
	pack   hopsFile
	given  []hopsFile // that --hops names
}

func trustUpdate(c *cli.Context) (err error) {
	u := &update{c: c}
	if u.store, u.trust, _, err = readTrust(c, false); err != nil {
		return err
	}
	if err := u.open(); err != nil {
		return err
	}
	if u.beacon != nil {
		defer u.beacon.Close()
	}
	ids, err := u.chains()
	if err != nil {
		return err
	}
	before := homeless(u.trust)
	var done []updated
	for _, id := range ids {
		one, err := u.follow(id)
		if err != nil {
			return run.Hint(fmt.Errorf("%s: %w", id, err), "nothing was written; %s", updateRemedy(err))
		}
		if one != nil {
			done = append(done, *one)
		}
	}
	if len(done) == 0 {
		return run.Usagef("there is no hop of a chain of which a sync committee is trusted")
	}
	if err := u.write(done); err != nil {
		return err
	}
	if now := homeless(u.trust); now != before && slices.ContainsFunc(slices.Collect(maps.Values(u.trust.Issuers)), hasNoHome) {
		say(c, "warning: %s lists another registry than before; of the homes of the issuers that have none there: %s", u.store, now)
	}
	for _, one := range done {
		u.tell(&one)
	}
	return nil
}

func hasNoHome(issuer *verifier.TrustedIssuer) bool { return len(issuer.Homes) == 0 }

const needsFirst = "give --beacon and --rpc to take the first one on the word of those servers"

func updateRemedy(err error) string {
	known := (*fault.Error)(nil)
	switch {
	case errors.As(err, &known) && known.Remedy != "":
		return known.Remedy
	case errors.Is(err, beaconapi.ErrNoData):
		return "hops that beacon nodes have forgotten are in files of hops (--hops) and at nodes (--node)"
	case errors.Is(err, beacon.ErrUnknownFork):
		return "take a newer version of this program"
	}
	return "hallmark trust show tells what is trusted"
}

// open reads the flags and the files, and asks nobody yet.
func (u *update) open() (err error) {
	c := u.c
	urls := c.StringSlice("beacon")
	if len(urls)+len(c.StringSlice("hops"))+len(c.StringSlice("node")) == 0 {
		return run.Usagef("give --beacon, --hops or --node: hops must come from somewhere")
	}
	if len(urls) > 0 {
		if u.beacon, err = beaconapi.New(urls...); err != nil {
			return run.Usagef("--beacon: %v", err)
		}
	}
	u.hosts = hosts(urls)
	for _, node := range c.StringSlice("node") {
		n, err := client.New(node)
		if err != nil {
			return run.Usagef("--node: %v", err)
		}
		u.nodes = append(u.nodes, n)
	}
	if u.pack.path, err = inConfig(c.String("out-hops"), "out-hops", "hops.pack"); err != nil {
		return err
	}
	if _, err := os.Stat(u.pack.path); !errors.Is(err, fs.ErrNotExist) {
		if err := u.pack.read(); err != nil {
			return err
		}
	}
	for _, path := range c.StringSlice("hops") {
		f := hopsFile{path: path}
		if err := f.read(); err != nil {
			return err
		}
		u.given = append(u.given, f)
	}
	return nil
}

// hosts returns the hosts of URLs, of which the rest may be secret.
func hosts(urls []string) string {
	var names []string
	for _, text := range urls {
		if u, err := url.Parse(text); err == nil {
			names = addNew(names, u.Host)
		}
	}
	return strings.Join(names, " and ")
}

// hopsFile is a file of hops, whole.
type hopsFile struct {
	path string
	data []byte
	hops map[verifier.ChainID][][]byte
}

func (f *hopsFile) read() (err error) {
	if f.data, err = fault.ReadFile(f.path, beacon.MaxPackSize); err != nil {
		return err
	}
	return f.parse()
}

func (f *hopsFile) parse() error {
	f.hops = make(map[verifier.ChainID][][]byte)
	err := beacon.ReadPack(bytes.NewReader(f.data), func(chainID uint64, hop []byte) error {
		f.hops[verifier.ChainID(chainID)] = append(f.hops[verifier.ChainID(chainID)], hop)
		return nil
	})
	if err != nil {
		return run.Usagef("%s: %v", f.path, err)
	}
	return nil
}

// chains returns the chains to follow.
func (u *update) chains() ([]verifier.ChainID, error) {
	id, err := parsed(u.c, "chain", verifier.ParseChainID)
	if err != nil || id != 0 {
		return []verifier.ChainID{id}, err
	}
	if u.beacon != nil {
		n, err := u.beacon.Network(u.c.Context)
		if err != nil {
			return nil, run.Hint(err, "--chain names the chain if the beacon node cannot")
		}
		return []verifier.ChainID{verifier.ChainID(n.ChainID)}, nil
	}
	var ids []verifier.ChainID
	all := u.trust.WithDefaults()
	for _, id := range slices.Sorted(maps.Keys(all.Chains)) {
		if b := all.Beacon(id); b != nil && len(b.Committees) > 0 {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// follow goes as far as it can on a chain, and puts that into the trust store and the file
// of hops, neither of which is written yet. It returns nil if nobody has hops of the chain.
func (u *update) follow(id verifier.ChainID) (*updated, error) {
	trusted := u.trust.Beacon(id)
	if trusted == nil || len(trusted.Committees) == 0 {
		return u.first(id, trusted)
	}
	period := slices.Max(slices.Collect(maps.Keys(trusted.Committees)))
	return u.walk(id, trusted.Network, period, trusted.Committees[period].Root)
}

func (u *update) walk(id verifier.ChainID, n *beacon.Network, period uint64, root verifier.Hash) (*updated, error) {
	way := beaconapi.NewWay(n, time.Now().Add(-verifier.DefaultMaxSignatureAge))
	for _, hop := range u.pack.hops[id] {
		_ = way.Offer("", hop) // it is kept, whatever it is
	}
	known := u.beacon != nil // somebody has answered who knows of the chain
	offer := func(f *hopsFile) error {
		for _, hop := range f.hops[id] {
			if err := way.Offer(f.path, hop); err != nil {
				return fmt.Errorf("%s: %w", f.path, err)
			}
		}
		return nil
	}
	for i := range u.given {
		if err := offer(&u.given[i]); err != nil {
			return nil, err
		}
		known = known || len(u.given[i].hops[id]) > 0
	}
	for i, node := range u.nodes {
		f := hopsFile{path: "node " + hosts(u.c.StringSlice("node")[i:i+1])}
		data, err := node.Hops(u.c.Context, id, period)
		if err == nil {
			f.data = data
			err = f.parse()
		}
		if err == nil {
			err = offer(&f)
		}
		switch {
		case err == nil:
			known = true
		case u.c.Context.Err() != nil:
			return nil, err
		case u.c.String("chain") == "" && client.NotFound(err):
			// It knows of other chains only.
		default:
			say(u.c, "warning: %s: no hops of %s: %v", f.path, id, err)
		}
	}
	if !known {
		if u.c.String("chain") == "" {
			return nil, nil
		}
		return nil, errors.New("nobody who was asked has a hop of it")
	}
	taken, err := way.Walk(u.c.Context, period, root, u.beacon)
	if err != nil {
		return nil, u.otherNetwork(n, err)
	}
	one := &updated{Chain: id, From: period, Period: period, Root: root, Hops: len(taken)}
	for _, h := range taken {
		if h.Source != "" {
			u.pack.data = beacon.AppendPack(u.pack.data, uint64(id), h.Append(nil))
		}
	}
	if len(taken) == 0 {
		return one, nil
	}
	last := taken[len(taken)-1]
	one.Period, one.Root, one.news = last.Period()+1, last.Next, true
	origin := fmt.Sprintf("signed hop by hop from the committee of period %d on (hallmark trust update)", period)
	u.trust.Chains[id] = believe(u.trust.WithDefaults().Chains[id], u.trust.Chains[id], nil, one.Period, verifier.TrustedRoot{
		Root: one.Root, Origin: cmp.Or(u.c.String("origin"), origin), Date: n.Time(last.Header.Slot).Format(time.DateOnly),
	})
	return one, nil
}

// otherNetwork says so if the beacon nodes are of another network than the trusted one.
func (u *update) otherNetwork(n *beacon.Network, err error) error {
	if u.beacon == nil || u.c.Context.Err() != nil {
		return err
	}
	if other, failed := u.beacon.Network(u.c.Context); failed == nil && other.ValidatorsRoot != n.ValidatorsRoot {
		return fmt.Errorf("the beacon node is of another network, %s (genesis validators root %s): %w", other.Name, other.ValidatorsRoot, err)
	}
	return err
}

// believe returns a copy of an entry of the trust store with one committee more. own is the
// entry of the file, nil if it has none.
func believe(entry, own *verifier.TrustedChain, n *beacon.Network, period uint64, root verifier.TrustedRoot) *verifier.TrustedChain {
	c := *entry
	b := verifier.TrustedBeacon{Network: n}
	if own != nil && own.Beacon != nil {
		b = *own.Beacon
		b.Network = cmp.Or(n, b.Network)
	}
	b.Committees = maps.Clone(b.Committees)
	if b.Committees == nil {
		b.Committees = make(map[uint64]verifier.TrustedRoot)
	}
	b.Committees[period] = root
	c.Beacon = &b
	return &c
}

// first takes the first committee of a chain: of a checkpoint that is built in, else on the
// word of the servers.
func (u *update) first(id verifier.ChainID, trusted *verifier.TrustedBeacon) (*updated, error) {
	rpcs := u.c.StringSlice("rpc")
	if trusted != nil {
		if point, ok := beacon.CheckpointOf(trusted.Network); ok && u.beacon != nil {
			f, err := u.beacon.First(u.c.Context, trusted.Network, point.Block)
			switch {
			case err == nil:
				return u.fromCheckpoint(id, trusted.Network, f, point.Origin)
			case len(rpcs) == 0:
				return nil, run.Hint(fmt.Errorf("no sync committee of it is trusted yet, and its built-in checkpoint does not serve: %w", err),
					"try another beacon node, or %s", needsFirst)
			}
			say(u.c, "warning: the built-in checkpoint of %s does not serve: %v", id, err)
		}
	}
	if u.beacon == nil || len(rpcs) == 0 {
		return nil, run.Hint(run.Usagef("no sync committee of it is trusted yet"), "%s", needsFirst)
	}
	n, own, err := u.networkOf(id, trusted)
	if err != nil {
		return nil, err
	}
	f, err := u.beacon.First(u.c.Context, n, beacon.Root{})
	if err != nil {
		return nil, err
	}
	want := &pins{
		blocks:     map[uint64]verifier.Hash{f.Block.BlockNumber: {}},
		registries: []verifier.Address{verifier.RegistryAddress}, optional: true,
	}
	seen, err := askAll(u.c, rpcs, want)
	switch {
	case err != nil:
		return nil, err
	case seen.id.Chain != id:
		return nil, fmt.Errorf("the RPC server is of %s", seen.id.Chain)
	case seen.blocks[f.Block.BlockNumber] != f.Block.BlockHash:
		return nil, fmt.Errorf("the servers do not go together: the beacon node calls block %d final as %s, the RPC server has %s",
			f.Block.BlockNumber, f.Block.BlockHash, seen.blocks[f.Block.BlockNumber])
	}
	entry, err := chainEntry(u.trust, seen.id)
	if err != nil {
		return nil, err
	}
	entry.Registries = addNew(entry.Registries, seen.registries...)
	u.markTest(entry, seen)
	origin := fmt.Sprintf("on the word of the beacon node %s and the RPC server %s", u.hosts, hosts(rpcs))
	u.trust.Chains[id] = believe(entry, u.trust.Chains[id], own, f.Period, verifier.TrustedRoot{
		Root: f.Root, Origin: cmp.Or(u.c.String("origin"), origin), Date: n.Time(f.Block.Slot).Format(time.DateOnly),
	})
	if len(seen.registries) == 0 {
		say(u.c, "no registry is at %s there, so none was added", verifier.RegistryAddress)
	}
	return &updated{Chain: id, From: f.Period, Period: f.Period, Root: f.Root, First: true, news: true}, nil
}

func (u *update) fromCheckpoint(id verifier.ChainID, n *beacon.Network, f *beaconapi.First, origin string) (*updated, error) {
	u.trust.Chains[id] = believe(u.trust.WithDefaults().Chains[id], u.trust.Chains[id], nil, f.Period, verifier.TrustedRoot{
		Root: f.Root, Origin: "of a final block that is built in, from " + origin, Date: n.Time(f.Block.Slot).Format(time.DateOnly),
	})
	one, err := u.walk(id, n, f.Period, f.Root)
	if one != nil && one.Hops == 0 {
		one.news = true
		say(u.c, "the committee of period %d is that of the final block in %s", f.Period, origin)
	}
	return one, err
}

// networkOf returns the network of a chain, and what of it the trust store is to hold: nothing
// if it is known.
func (u *update) networkOf(id verifier.ChainID, trusted *verifier.TrustedBeacon) (n, own *beacon.Network, err error) {
	n, err = u.beacon.Network(u.c.Context)
	switch {
	case err != nil:
		return nil, nil, err
	case verifier.ChainID(n.ChainID) != id:
		return nil, nil, fmt.Errorf("the beacon node is of the chain eip155:%d", n.ChainID)
	case trusted == nil:
		return n, n, nil
	case n.ValidatorsRoot != trusted.Network.ValidatorsRoot:
		return nil, nil, fmt.Errorf("the beacon node is of another network: its genesis validators root is %s, that of %s is %s",
			n.ValidatorsRoot, trusted.Network.Name, trusted.Network.ValidatorsRoot)
	}
	return trusted.Network, nil, nil
}

// markTest marks a chain for tests as such.
func (u *update) markTest(entry *verifier.TrustedChain, seen *seenPins) {
	switch {
	case u.c.Bool("test"):
		entry.Test = true
	case seen.test != "" && !entry.Test:
		entry.Test = true
		say(u.c, "%s is marked as a chain for tests, since %s: verdicts there are UNKNOWN unless --allow-test is given", seen.id.Chain, seen.test)
	}
}

// write writes the hops, and then the trust store, which leads to them.
func (u *update) write(done []updated) error {
	if len(u.pack.data) > beacon.MaxPackSize {
		return run.Hint(fmt.Errorf("%s would be larger than %d bytes; nothing was written", u.pack.path, beacon.MaxPackSize),
			"keep the new ones in another file with --out-hops")
	}
	hops, news := 0, false
	for _, one := range done {
		hops += one.Hops
		news = news || one.news
	}
	if hops > 0 {
		if err := os.MkdirAll(filepath.Dir(u.pack.path), 0o755); err != nil {
			return err
		}
		if err := durable.Replace(u.pack.path, u.pack.data, 0o644); err != nil {
			return err
		}
	}
	if !news {
		return nil
	}
	return writeTrust(u.store, u.trust)
}

func (u *update) tell(one *updated) {
	c := u.c
	switch {
	case one.First:
		answer(c, one, "%s: the sync committee of period %d is %s", one.Chain, one.Period, one.Root)
		say(c, "%s now believes it. This first step is taken on the word of the beacon node %s and the RPC server %s: "+
			"compare it with what others have", u.store, u.hosts, hosts(c.StringSlice("rpc")))
	case one.Hops == 0:
		answer(c, one, "%s: the sync committee of period %d, %s, is the newest", one.Chain, one.Period, one.Root)
	default:
		answer(c, one, "%s: the sync committee of period %d is %s, %s from that of period %d",
			one.Chain, one.Period, one.Root, plural(one.Hops, "hop", "hops"), one.From)
		say(c, "%s now believes it; the hops are in %s", u.store, u.pack.path)
	}
}
