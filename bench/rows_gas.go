package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/verifier"
)

// revocations is how many credentials are revoked at once; a peer that takes one word
// for each does as many as fit into bulk, and the rest is reckoned.
const (
	revocations = 10_000
	bulk        = 100
)

// Names of peers on the chain.
const (
	easTimestamp = "EAS timestamp"
	easAttest    = "EAS attest"
	easRevoke    = "EAS multiRevokeOffchain, 100 at a time"
	storeIssue   = "OpenAttestation DocumentStore issue"
	storeRevoke  = "OpenAttestation DocumentStore bulkRevoke, 100 at a time"
	storeCheck   = "OpenAttestation DocumentStore isIssued"
)

// The least that a transaction can cost (EIP-2028, EIP-2929, EIP-3529), without code or
// event: calldata, and words of storage that are new or changed. A call of anchor has
// two words in it; one of setStatus has two, an address and a number.
const (
	leastAnchor = 21_000 + 68*16 + 22_100
	leastStatus = 21_000 + 89*16 + 43*4
	leastFirst  = leastStatus + 2*22_100
	leastLater  = leastStatus + 2*5_000
)

// gasRow measures whole transactions, today's prices on anvil and Amsterdam's on
// go-ethereum. It needs no repetition: the same transaction always costs the same.
func gasRow(b *bench) error {
	anvil, err := testnet.Start(b.ctx, testnet.Config{Backend: testnet.BackendAnvil})
	if err != nil {
		return err
	}
	today, err := measureGas(b, anvil)
	if err == nil {
		err = measurePeerGas(b, anvil, today)
	}
	if err := errors.Join(err, anvil.Close()); err != nil {
		return fmt.Errorf("on anvil: %w", err)
	}
	geth, err := testnet.Start(b.ctx, testnet.Config{Amsterdam: true})
	if err != nil {
		return err
	}
	amsterdam, err := measureGas(b, geth)
	if err := errors.Join(err, geth.Close()); err != nil {
		return fmt.Errorf("under Amsterdam: %w", err)
	}

	add := func(id, work, ours string, least, target float64, note string, factor float64, peers ...string) {
		var list []peer
		for _, name := range peers {
			list = append(list, peer{name, series{today[name] * factor}})
		}
		limit, limitIs := series(nil), ""
		if least > 0 {
			limit, limitIs = series{least}, "calldata and storage, without code or event"
		}
		r := newResult(id, work, "gas", series{today[ours]}, limit, list...).with(limitIs, goal{ours: target}, note)
		r.Amsterdam = amsterdam[ours]
		b.add(r)
	}
	const each = "the peers take a word of storage for each, reckoned from a hundred at a time"
	add("gas", "a batch of any size anchored, the whole transaction", "anchor", leastAnchor, 48_000, "",
		1, easTimestamp, easAttest, storeIssue)
	add("gas-revoke-first", "10,000 credentials revoked, the first list of the issuer, sent by the issuer", "first", leastFirst, 75_000, each,
		revocations/bulk, easRevoke, storeRevoke)
	add("gas-revoke", "10,000 credentials revoked, later, sent by the issuer", "later",
		leastLater, 42_000, each, revocations/bulk, easRevoke, storeRevoke)
	add("gas-revoke-first-signed", "10,000 credentials revoked, the first list, by signature", "first, signed",
		0, 0, each, revocations/bulk, easRevoke, storeRevoke)
	add("gas-revoke-signed", "10,000 credentials revoked, later, by signature", "later, signed",
		0, 0, each, revocations/bulk, easRevoke, storeRevoke)
	const lookup = "the peer looks up a root, and leaves it to the reader whether a document is under it and who signed"
	add("gas-check", "a credential of 1,048,576 checked on chain (20 steps, signature, status), nothing revoked", "check",
		0, 0, lookup, 1, storeCheck)
	add("gas-check-listed", "the same, of an issuer that has revoked 10,000", "check, listed", 0, 0, lookup, 1, storeCheck)
	return nil
}

// gas is what transactions cost, by name.
type gas map[string]float64

// measureGas sends the registry's transactions and checks a credential on chain.
func measureGas(b *bench, c *testnet.Chain) (gas, error) {
	s, err := newSender(b, c)
	if err != nil {
		return nil, err
	}
	defer s.client.Close()
	costs := gas{}
	registry := contracts.NewAnchorRegistry()
	issuer := chain.NewKey(s.account.PrivateKey)
	other := chain.NewKey(c.Accounts[1].PrivateKey) // signs, and sends nothing
	home := verifier.Home{Chain: verifier.ChainID(c.ChainID), Registry: verifier.Address(contracts.Address)}

	shown, err := s.show(issuer, home)
	if err != nil {
		return nil, err
	}
	list, listed, err := shown.revoked()
	if err != nil {
		return nil, err
	}
	harness, err := s.deployHarness()
	if err != nil {
		return nil, err
	}
	manifest := sha256.Sum256([]byte("list"))
	// The first list is another one than the later one: every word changes.
	roots := [...]merkle.Hash{1: merkle.Keccak256([]byte("first")), 2: list.Root()}
	own := func(version uint64) []byte {
		return registry.PackSetStatus(common.Address(issuer.Address()), version, roots[version], manifest)
	}
	signed := func(version uint64) []byte {
		const deadline = 1 << 40
		signature := must(other.SignDigest(verifier.SetStatusDigest(home, other.Address(), version, roots[version], manifest, deadline)))
		return registry.PackSetStatusBySig(common.Address(other.Address()), version, roots[version], manifest, big.NewInt(deadline), signature[:])
	}
	for _, call := range []struct {
		name string
		to   common.Address
		data []byte
	}{
		{"anchor", contracts.Address, registry.PackAnchor(shown.batch, manifest)},
		{"check", harness.at, harness.pack("verify", contracts.Address, common.Address(issuer.Address()), shown.cid, shown.proof(nil))},
		{"first", contracts.Address, own(1)},
		{"later", contracts.Address, own(2)},
		{"first, signed", contracts.Address, signed(1)},
		{"later, signed", contracts.Address, signed(2)},
		{"check, listed", harness.at, harness.pack("verify",
			contracts.Address, common.Address(issuer.Address()), shown.cid, shown.proof(listed))},
	} {
		if costs[call.name], err = s.send(&call.to, call.data); err != nil {
			return nil, fmt.Errorf("%s: %w", call.name, err)
		}
	}
	return costs, nil
}

// shown is a credential of a submission of 2^20, and what proves it.
type shown struct {
	cid              []byte
	salt             merkle.Hash
	count, issuedAt  uint64
	path             []merkle.Hash
	signature        verifier.Signature
	submission, leaf merkle.Hash
	batch            merkle.Hash // of this submission alone
}

func (s *sender) show(issuer *chain.Key, home verifier.Home) (*shown, error) {
	const count = 1 << 20
	all := makeCredentials(count)
	leaves := all.leaves()
	tree, err := merkle.New(slices.Clone(leaves))
	if err != nil {
		return nil, err
	}
	at, _ := tree.Index(leaves[0])
	out := &shown{
		cid: all.cids[0][:], salt: all.salts[0], count: count, issuedAt: 1_767_225_600, path: tree.Path(at), submission: tree.Root(),
		leaf: leaves[0],
	}
	digest := verifier.SubmissionDigest(home, out.submission, out.count, out.issuedAt)
	out.batch = verifier.BatchLeaf(issuer.Address(), digest)
	out.signature, err = issuer.SignDigest(digest)
	return out, err
}

// revoked returns a list of other credentials, and the entries that show that this one
// and its submission are not in it.
func (s *shown) revoked() (*verifier.StatusList, []verifier.StatusEntry, error) {
	items := make([]verifier.StatusItem, revocations)
	for i, leaf := range sortedLeaves(revocations) {
		items[i] = verifier.StatusItem{ID: leaf, Code: verifier.StatusRevoked}
	}
	list, err := verifier.NewStatusList(items)
	if err != nil {
		return nil, nil, err
	}
	var entries []verifier.StatusEntry
	for _, id := range []merkle.Hash{s.leaf, s.submission} {
		e, err := list.Entry(id)
		if err != nil {
			return nil, nil, err
		}
		entries = append(entries, e)
	}
	return list, entries, nil
}

// abiEntry and abiProof are HallmarkVerifier.StatusEntry and HallmarkVerifier.Proof.
type abiEntry struct {
	ID   [32]byte `abi:"id"`
	Code uint8
	Next [32]byte
	Path [][32]byte
}

type abiProof struct {
	Salt            [32]byte
	Count, IssuedAt uint64
	Path            [][32]byte
	Signature       []byte
	BatchPath       [][32]byte
	Status          []abiEntry
}

func (s *shown) proof(status []verifier.StatusEntry) abiProof {
	p := abiProof{
		Salt: s.salt, Count: s.count, IssuedAt: s.issuedAt, Path: words(s.path), Signature: s.signature[:], BatchPath: [][32]byte{},
		Status: []abiEntry{},
	}
	for _, e := range status {
		p.Status = append(p.Status, abiEntry{e.ID, e.Code, e.Next, words(e.Path)})
	}
	return p
}

func words(hashes []merkle.Hash) [][32]byte {
	out := make([][32]byte, len(hashes))
	for i, h := range hashes {
		out[i] = h
	}
	return out
}

// measurePeerGas does on the same chain what others do.
func measurePeerGas(b *bench, c *testnet.Chain, costs gas) error {
	s, err := newSender(b, c)
	if err != nil {
		return err
	}
	defer s.client.Close()
	published, err := s.peerContracts()
	if err != nil {
		return err
	}
	schemas, err := s.deploy(published["SchemaRegistry"])
	if err != nil {
		return err
	}
	eas, err := s.deploy(published["EAS"], schemas.at)
	if err != nil {
		return err
	}
	store, err := s.deploy(published["DocumentStore"], "bench", s.account.Address)
	if err != nil {
		return err
	}
	const fields = "bytes32 root"
	if _, err := s.send(&schemas.at, schemas.pack("register", fields, common.Address{}, true)); err != nil {
		return err
	}
	schema := merkle.Keccak256([]byte(fields), make([]byte, 20), []byte{1}) // its UID, abi.encodePacked
	many := words(sortedLeaves(bulk + 1))
	one := many[bulk]
	type attestation struct {
		Recipient      common.Address
		ExpirationTime uint64
		Revocable      bool
		RefUID         [32]byte `abi:"refUID"`
		Data           []byte
		Value          *big.Int
	}
	type request struct {
		Schema [32]byte
		Data   attestation
	}
	for _, call := range []struct {
		name string
		to   *deployed
		data []byte
	}{
		{easTimestamp, eas, eas.pack("timestamp", one)},
		{easAttest, eas, eas.pack("attest", request{schema, attestation{Revocable: true, Data: one[:], Value: new(big.Int)}})},
		{easRevoke, eas, eas.pack("multiRevokeOffchain", many[:bulk])},
		{storeIssue, store, store.pack("issue", one)},
		{storeCheck, store, store.pack("isIssued", one)},
		{storeRevoke, store, store.pack("bulkRevoke", many[:bulk])},
	} {
		if costs[call.name], err = s.send(&call.to.at, call.data); err != nil {
			return fmt.Errorf("%s: %w", call.name, err)
		}
	}
	return nil
}
