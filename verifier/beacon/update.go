package beacon

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Committee is a sync committee with all its keys.
type Committee struct {
	Keys      [][pubkeySize]byte
	Aggregate [pubkeySize]byte
}

// Root returns the hash tree root, by which a committee is trusted.
func (c *Committee) Root() Root {
	return hashPair(merkleize(c.leaves()...), pubkeyRoot(c.Aggregate))
}

func (c *Committee) leaves() []Root {
	leaves := make([]Root, len(c.Keys))
	for i := range c.Keys {
		leaves[i] = pubkeyRoot(c.Keys[i])
	}
	return leaves
}

// Update is a LightClientUpdate or a LightClientFinalityUpdate, which has no Next.
type Update struct {
	Attested       Header
	Next           *Committee
	NextBranch     []Root
	Finalized      *LightHeader // nil if nothing is final yet
	FinalityBranch []Root
	Bits           []byte
	Signature      [signatureSize]byte
	SignatureSlot  uint64
}

// UnmarshalJSON reads the form of the Beacon API, the value of the member data.
func (u *Update) UnmarshalJSON(data []byte) error {
	var v struct {
		Attested       *LightHeader `json:"attested_header"`
		Next           *Committee   `json:"next_sync_committee"`
		NextBranch     []Root       `json:"next_sync_committee_branch"`
		Finalized      *LightHeader `json:"finalized_header"`
		FinalityBranch []Root       `json:"finality_branch"`
		Aggregate      struct {
			Bits      hexBytes `json:"sync_committee_bits"`
			Signature hexBytes `json:"sync_committee_signature"`
		} `json:"sync_aggregate"`
		SignatureSlot decimal `json:"signature_slot"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return fmt.Errorf("light client update: %w", err)
	}
	if v.Attested == nil || len(v.Aggregate.Signature) != signatureSize {
		return errors.New("light client update: the attested header or its signature is missing")
	}
	*u = Update{
		v.Attested.Header, v.Next, v.NextBranch, v.Finalized, v.FinalityBranch,
		v.Aggregate.Bits, [signatureSize]byte(v.Aggregate.Signature), uint64(v.SignatureSlot),
	}
	return nil
}

// Participants returns how many validators signed, if the update is true.
func (u *Update) Participants() int { return countBits(u.Bits) }

// signed puts what is signed into compact form; committee is the one that signed.
func (u *Update) signed(n *Network, committee *Committee) (*Signed, error) {
	if len(committee.Keys) != n.size() || len(u.Bits) != n.size()/8 {
		return nil, fmt.Errorf("a committee of %s has %d members", n.Name, n.size())
	}
	s := &Signed{Header: u.Attested, aggregate: committee.Aggregate, signature: u.Signature, bits: u.Bits}
	last := u.SignatureSlot - 1 // the signature is over what was known then
	if u.SignatureSlot <= u.Attested.Slot || n.Period(u.SignatureSlot) != s.period(n) ||
		n.forkAt(last).Version != n.forkAt(u.Attested.Slot).Version {
		return nil, errors.New("a committee or a fork changed between the header and its signature: take the next update")
	}
	leaves := committee.leaves()
	var cover func(first, count int)
	cover = func(first, count int) {
		switch {
		case s.allSigned(first, count):
			s.nodes = append(s.nodes, merkleize(leaves[first:first+count]...))
		case count == 1:
			s.absent = append(s.absent, committee.Keys[first])
		default:
			cover(first, count/2)
			cover(first+count/2, count/2)
		}
	}
	cover(0, n.size())
	return s, nil
}

// Hop returns the compact form of an update that names the next committee; committee is
// the one that signed. It is not verified: call [Hop.Verify].
func (u *Update) Hop(n *Network, committee *Committee) (*Hop, error) {
	s, err := u.signed(n, committee)
	if err != nil {
		return nil, fmt.Errorf("hop: %w", err)
	}
	l, err := n.layoutAt(u.Attested.Slot)
	switch {
	case err != nil:
		return nil, fmt.Errorf("hop: %w", err)
	case u.Next == nil || u.Finalized == nil:
		return nil, errors.New("hop: the update does not prove the next committee and a finalized block")
	}
	h := &Hop{network: n, Signed: *s, Next: u.Next.Root(), finalized: u.Finalized.Root()}
	if h.branch, err = fit(u.NextBranch, l.nextCommittee); err == nil {
		h.finalBranch, err = fit(u.FinalityBranch, l.finalized)
	}
	if err != nil {
		return nil, fmt.Errorf("hop: %w", err)
	}
	return h, nil
}

// Evidence returns the evidence that the finalized execution block of an update is final,
// of the form Direct; committee is the one that signed. It is not verified: call
// [Evidence.Verify] with [LightHeader.BlockHash].
func (u *Update) Evidence(n *Network, committee *Committee) (*Evidence, error) {
	s, err := u.signed(n, committee)
	if err != nil {
		return nil, fmt.Errorf("beacon evidence: %w", err)
	}
	if u.Finalized == nil {
		return nil, errors.New("beacon evidence: the update has no finalized block")
	}
	attested, err := n.layoutAt(u.Attested.Slot)
	if err != nil {
		return nil, fmt.Errorf("beacon evidence: %w", err)
	}
	in, err := n.layoutAt(u.Finalized.Slot)
	if err != nil {
		return nil, fmt.Errorf("beacon evidence: %w", err)
	}
	e := &Evidence{network: n, Form: Direct, Signed: s, Finalized: &u.Finalized.Header, Block: &u.Finalized.Header}
	if e.finalBranch, err = fit(u.FinalityBranch, attested.finalized); err == nil {
		e.execution, err = fit(u.Finalized.Execution, in.execution)
	}
	if err != nil {
		return nil, fmt.Errorf("beacon evidence: %w", err)
	}
	return e, nil
}

// fit returns the branch for an index. Where a fork made branches longer, those of blocks
// before it come with zero nodes in front (is_valid_normalized_merkle_branch).
func fit(branch []Root, index uint64) ([]Root, error) {
	extra := len(branch) - depth(index)
	if extra < 0 || slices.ContainsFunc(branch[:extra], func(r Root) bool { return !r.IsZero() }) {
		return nil, fmt.Errorf("a branch of the update has %d nodes instead of %d", len(branch), depth(index))
	}
	return branch[extra:], nil
}

// Bootstrap is a LightClientBootstrap: a block whose root is trusted, and the committee of
// its period.
type Bootstrap struct {
	Header    LightHeader `json:"header"`
	Committee Committee   `json:"current_sync_committee"`
	Branch    []Root      `json:"current_sync_committee_branch"`
}

// Verify reports why the committee is not that of the block with this root, nil if it is.
func (b *Bootstrap) Verify(n *Network, block Root) error {
	if err := b.verify(n, block); err != nil {
		return fmt.Errorf("bootstrap: %w", err)
	}
	return nil
}

func (b *Bootstrap) verify(n *Network, block Root) error {
	if got := b.Header.Root(); got != block {
		return fmt.Errorf("it is of block %s, not of %s", got, block)
	}
	l, err := n.layoutAt(b.Header.Slot)
	if err != nil {
		return err
	}
	branch, err := fit(b.Branch, l.currentCommittee)
	switch {
	case err != nil:
		return err
	case len(b.Committee.Keys) != n.size():
		return fmt.Errorf("a committee of %s has %d members", n.Name, n.size())
	case climb(b.Committee.Root(), l.currentCommittee, branch) != b.Header.State:
		return n.doubt(b.Header.Slot, errors.New("the committee is not that of the block"))
	}
	return nil
}

// UnmarshalJSON reads the form of the Beacon API.
func (c *Committee) UnmarshalJSON(data []byte) error {
	var v struct {
		Keys      []hexBytes `json:"pubkeys"`
		Aggregate hexBytes   `json:"aggregate_pubkey"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*c = Committee{Keys: make([][pubkeySize]byte, len(v.Keys))}
	for i, key := range append(v.Keys, v.Aggregate) {
		switch {
		case len(key) != pubkeySize:
			return errors.New("a public key of a sync committee has a wrong length")
		case i < len(c.Keys):
			c.Keys[i] = [pubkeySize]byte(key)
		default:
			c.Aggregate = [pubkeySize]byte(key)
		}
	}
	return nil
}

// jsonHeader is a BeaconBlockHeader in the Beacon API.
type jsonHeader struct {
	Slot     decimal `json:"slot"`
	Proposer decimal `json:"proposer_index"`
	Parent   Root    `json:"parent_root"`
	State    Root    `json:"state_root"`
	BodyRoot Root    `json:"body_root"`
}

func (h *jsonHeader) header() Header {
	return Header{uint64(h.Slot), uint64(h.Proposer), h.Parent, h.State, h.BodyRoot}
}

// decimal is an integer that JSON has as text.
type decimal uint64

func (d *decimal) UnmarshalText(text []byte) error {
	v, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return errors.New("want an integer as text")
	}
	*d = decimal(v)
	return nil
}

// hexBytes are bytes that JSON has as 0x and hex.
type hexBytes []byte

func (b *hexBytes) UnmarshalText(text []byte) error {
	digits, ok := strings.CutPrefix(string(text), "0x")
	v, err := hex.DecodeString(digits)
	if !ok || err != nil {
		return errors.New("want 0x and hex digits")
	}
	*b = v
	return nil
}
