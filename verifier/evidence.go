package verifier

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/merkle"
)

// registryState is what one anchor's evidence proves of the registry, as of the
// header. What could not be proven either way has an error instead of a value.
type registryState struct {
	header Header
	storageState
}

// storageState is what storage nodes prove of a batch and an issuer.
type storageState struct {
	anchored   bool   // the batch root is recorded
	anchoredAt uint64 // Unix seconds, by the chain's clock; 0 if it is not
	anchorErr  error  // why neither is known: errMissingNode, errMalformed or errUnknownFormat

	issuer    issuerRecord
	issuerErr error // why issuer is not known
}

// readRegistry walks the state and storage proofs of a down from its header. It
// trusts nothing: what it returns holds if the header is one of the chain.
func (c *evidenceCache) readRegistry(a *Anchor, batchRoot Hash, issuer Address) (s registryState) {
	k := newContent()
	k.add(a.Header)
	k.add(a.Registry[:])
	for _, node := range a.AccountProof {
		k.add(node)
	}
	account := c.accounts.get(k.key(), func() accountState { return readAccount(a) })
	s.header = account.header
	s.header.Chain = a.Chain
	if account.err != nil {
		s.anchorErr, s.issuerErr = account.err, account.err
		return s
	}
	if !account.exists {
		return s // nothing is there, so nothing is recorded
	}
	k = newContent()
	k.add(account.storageRoot[:])
	k.add(batchRoot[:])
	k.add(issuer[:])
	for _, node := range a.StorageProof {
		k.add(node)
	}
	s.storageState = c.storages.get(k.key(), func() storageState {
		return readStorage(a.StorageProof, account.storageRoot, batchRoot, issuer)
	})
	return s
}

// accountState is what a header and an account proof prove of a registry.
type accountState struct {
	header      Header // without its chain and genesis
	exists      bool   // there is such an account, and it is a registry
	storageRoot Hash
	err         error // why neither is known
}

func readAccount(a *Anchor) (s accountState) {
	if s.header, s.err = ParseHeader(a.Header); s.err != nil {
		return s
	}
	nodes := newTrieNodes(a.AccountProof)
	account, err := nodes.lookup(s.header.StateRoot, a.Registry[:])
	if err == nil {
		err = nodes.checkUsed()
	}
	if err != nil {
		s.err = fmt.Errorf("account proof: %w", err)
		return s
	}
	if account != nil {
		s.exists = true
		s.storageRoot, s.err = registryStorage(account)
	}
	return s
}

// readStorage reads what nodes prove of a batch and an issuer under a registry's
// storage root.
func readStorage(nodes []Bytes, root, batchRoot Hash, issuer Address) (s storageState) {
	slots := newTrieNodes(nodes)
	anchor, err := slots.slot(root, AnchorSlot(batchRoot))
	if err != nil {
		s.anchorErr = fmt.Errorf("storage proof of the anchor: %w", err)
	} else if anchor != (word{}) {
		s.anchored, s.anchoredAt = true, anchoredAt(anchor)
	}
	statusSlot, timesSlot := IssuerSlots(issuer)
	status, err1 := slots.slot(root, statusSlot)
	times, err2 := slots.slot(root, timesSlot)
	if err := errors.Join(err1, err2); err != nil {
		s.issuerErr = errMissingNode
		if errors.Is(err, errMalformed) {
			s.issuerErr = errMalformed
		}
		s.issuerErr = fmt.Errorf("storage proof of the issuer: %w", s.issuerErr)
	} else {
		s.issuer = parseIssuerRecord(status, times)
	}
	// While a lookup is short of a node others may serve none only because of that.
	if s.anchorErr == nil && s.issuerErr == nil {
		if err := slots.checkUsed(); err != nil {
			s.anchorErr = fmt.Errorf("storage proof: %w", err)
		}
	}
	return s
}

// RegistryState is what the evidence of an anchor proves of a registry, as of its
// header. Whether the header is one of the chain is for the caller to know.
type RegistryState struct {
	Header Header

	Anchored    bool   // the batch root is recorded
	AnchoredAt  uint64 // Unix seconds, by the chain's clock
	StatusRoot  Hash   // of the issuer; zero while it has no list
	Version     uint64 // of the issuer's list
	RetiredFrom uint64 // Unix seconds; zero: the issuer's key is not retired
}

// Read walks the proofs of a down from its header and returns what they prove of a
// batch and an issuer. Nodes call it on evidence before they store it. An error
// means that something is not proven, either way; it is the only one.
func (a *Anchor) Read(batchRoot Hash, issuer Address) (RegistryState, error) {
	s := new(evidenceCache).readRegistry(a, batchRoot, issuer)
	if err := cmp.Or(s.anchorErr, s.issuerErr); err != nil {
		return RegistryState{}, err
	}
	return RegistryState{
		Header: s.header, Anchored: s.anchored, AnchoredAt: s.anchoredAt,
		StatusRoot: s.issuer.StatusRoot, Version: s.issuer.Version, RetiredFrom: s.issuer.RetiredFrom,
	}, nil
}

// Header is what a verifier needs of a block header.
type Header struct {
	Chain     ChainID
	Genesis   Hash // of the chain as the trust store knows it
	Hash      Hash // keccak-256 of the RLP encoding
	Number    uint64
	StateRoot Hash
	Time      uint64 // Unix seconds, as the chain said
}

// errMalformed marks evidence that could not be true on any chain.
var errMalformed = errors.New("malformed evidence")

// errUnknownFormat marks evidence that this version cannot judge: it may be of a
// later fork or of a later registry.
var errUnknownFormat = errors.New("this needs a newer verifier")

// Positions of the fields in a header's RLP list. Later forks append fields and
// never move these.
const (
	headerStateRoot = 3
	headerNumber    = 8
	headerTime      = 11
	headerMinFields = 15            // of the first Ethereum headers
	headerMaxFields = MaxHeaderSize // as many as fit
)

// ParseHeader reads a block header from its RLP encoding. It hashes the bytes
// as they are and takes fields by position, so fields that later forks append
// do no harm.
func ParseHeader(rlp []byte) (Header, error) {
	if len(rlp) > 0 && rlp[0] < 0x80 {
		return Header{}, fmt.Errorf("%w: block header of type %d", errUnknownFormat, rlp[0])
	}
	fields, err := rlpList(rlp, headerMaxFields)
	if err != nil {
		return Header{}, fmt.Errorf("%w: block header: %w", errMalformed, err)
	}
	if len(fields) < headerMinFields {
		return Header{}, fmt.Errorf("%w: block header has %d fields", errUnknownFormat, len(fields))
	}
	h := Header{Hash: merkle.Keccak256(rlp)}
	var errs [3]error
	h.StateRoot, errs[0] = fields[headerStateRoot].hash()
	h.Number, errs[1] = fields[headerNumber].uint64()
	h.Time, errs[2] = fields[headerTime].uint64()
	if err := errors.Join(errs[:]...); err != nil {
		return Header{}, fmt.Errorf("%w: block header: a field is out of shape", errUnknownFormat)
	}
	if h.Time > maxInteger || h.Number > maxInteger {
		return Header{}, fmt.Errorf("%w: block header: number or time out of range", errUnknownFormat)
	}
	return h, nil
}

func unix(t uint64) time.Time { return time.Unix(int64(min(t, maxInteger)), 0).UTC() }
