package beacon

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/beacon/params"
	"github.com/protolambda/zrnt/eth2/beacon/deneb"
	"github.com/protolambda/zrnt/eth2/configs"
	"github.com/protolambda/ztyp/codec"
	"github.com/protolambda/ztyp/tree"

	"github.com/hallmark-node/hallmark/merkle"
)

// listed is the root of the list of historical summaries of mainnet at slot 11476992.
const listed = "0xea683f50e62fec2100177c9cf2ad74744b096c15cc00c61579c336411994232c"

func readRoots(t testing.TB, data []byte) []Root {
	t.Helper()
	d := &decoder{rest: data}
	roots := d.roots(len(data) / 32)
	if err := d.end(); err != nil {
		t.Fatal(err)
	}
	return roots
}

// portalSummaries is the list of the Portal network's tests.
func portalSummaries(t testing.TB) *Summaries {
	t.Helper()
	var s Summaries
	for pair := range slices.Chunk(readRoots(t, file(t, "portal-history/historical_summaries_at_slot_11476992.ssz")), 2) {
		s.List = append(s.List, Summary{pair[0], pair[1]})
	}
	return &s
}

func TestSummariesRoot(t *testing.T) {
	s := portalSummaries(t)
	if root := s.Root(); root.String() != listed || len(s.List) != 643 {
		t.Errorf("the root of %d summaries is %s", len(s.List), root)
	}
	// Lodestar's list of a later state begins with the same.
	var later struct{ Data *Summaries }
	vector(t, lodestarSummaries, &later)
	if !slices.Equal(later.Data.List[:len(s.List)], s.List) {
		t.Error("the lists of Portal and of Lodestar differ")
	}
	for i, number := range []int{0, 1, 2, 3, 5, 642} {
		part := &Summaries{List: s.List[:number+1]}
		leaf := part.List[number].root()
		if climb(leaf, summaryIndex(uint64(number)), part.branchOf(uint64(number))) != part.Root() {
			t.Errorf("%d: the branch of the last of %d summaries", i, number+1)
		}
	}
	if (&Summaries{}).Root() != climb(Root{}, summaryIndex(5), (&Summaries{}).branchOf(0)) {
		t.Error("the root of no summaries")
	}
}

// TestPortalSummaries checks the branches of the Portal network's tests from a list of
// historical summaries to a (random) state.
func TestPortalSummaries(t *testing.T) {
	for fork, want := range map[string]int{"deneb": 5, "electra": 6} {
		text := string(file(t, "portal-history/historical_summaries_with_proof."+fork+".yaml"))
		_, proof, _ := strings.Cut(text, "historical_summaries_state_proof:")
		branch := hashes(t, proof)
		_, root, _ := strings.Cut(text, "historical_summaries_root:")
		_, state, _ := strings.Cut(text, "beacon_state_root:")
		if l := layouts[fork]; len(branch) != want || climb(hashes(t, root)[0], l.summaries, branch) != hashes(t, state)[0] {
			t.Errorf("%s: the branch of %d nodes does not lead to the state", fork, len(branch))
		}
	}
}

// hashes returns the 32-byte values in a text.
func hashes(t testing.TB, text string) (all []Root) {
	t.Helper()
	for _, s := range regexp.MustCompile(`0x[0-9a-f]{64}\b`).FindAllString(text, -1) {
		r, err := merkle.ParseHash(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// TestPortalBlockProofs follows the Portal network's paths from execution blocks of
// mainnet to the list of historical summaries. They contain no beacon header, of which
// evidence has all fields, so the steps are taken one by one.
func TestPortalBlockProofs(t *testing.T) {
	n, s := ByChain(1), portalSummaries(t)
	for _, block := range []string{"17062257", "19426587", "22162263"} {
		text := string(file(t, "portal-history/beacon_block_proof-"+block+".yaml"))
		_, after, _ := strings.Cut(text, "slot:")
		slot, err := strconv.ParseUint(strings.TrimSpace(after), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		all := hashes(t, text)
		l, err := n.layoutAt(slot)
		if err != nil {
			t.Fatal(err)
		}
		hash, inBody, all := all[0], all[1:1+depth(l.execution)], all[1+depth(l.execution):]
		inHeader, root, inRoots := all[:3], all[3], all[4:]
		const bodyRoot = 8 | 4 // the fifth of a header's fields
		if climb(climb(hash, l.execution, inBody), bodyRoot, inHeader) != root {
			t.Errorf("block %s: not in the beacon block", block)
		}
		e := &Evidence{network: n, Form: ListedOld, Block: &Header{Slot: slot}}
		index, err := e.pathIndex()
		if err != nil {
			t.Fatal(err)
		}
		number, _ := n.summaryNumber(slot)
		path := slices.Concat(inRoots, []Root{s.List[number].States}, s.branchOf(number))
		if len(path) != depth(index) || climb(root, index, path) != s.Root() {
			t.Errorf("block %s of slot %d: the path does not lead to the list", block, slot)
		}
	}
}

const (
	colibri           = "colibri-historical/"
	lodestarSummaries = colibri + "eth_v1_lodestar_states_0x8cac7a92267ead2852035327a3d8d7ffc36a66372a15711db93c45306af7165a_historical.json"
	oldBlock          = colibri + "eth_v2_beacon_blocks_0xae5b4dfc8b8a97494eae55044ec7cf2fe525a5cb788626e1cb89cc5366a21a41.ssz"
	signedBlock       = colibri + "eth_v2_beacon_blocks_0x5ab5b37414ebe99dc2c1e1e325bca79b8f659a4f0af21afdea4b38e646508e82.ssz"
)

// denebBlock reads a whole block and returns its header, and evidence that the execution
// block is in it.
func denebBlock(t testing.TB, name string) (*deneb.SignedBeaconBlock, *Evidence) {
	t.Helper()
	data := file(t, name)
	var b deneb.SignedBeaconBlock
	if err := b.Deserialize(configs.Mainnet, codec.NewDecodingReader(bytes.NewReader(data), uint64(len(data)))); err != nil {
		t.Fatal(err)
	}
	h := b.Message.Header(configs.Mainnet)
	spec, hash, body := configs.Mainnet, tree.GetHashFn(), &b.Message.Body
	payload := body.ExecutionPayload.Header(spec)
	fields := []Root{
		Root(body.RandaoReveal.HashTreeRoot(hash)), Root(body.Eth1Data.HashTreeRoot(hash)), Root(body.Graffiti),
		Root(body.ProposerSlashings.HashTreeRoot(spec, hash)), Root(body.AttesterSlashings.HashTreeRoot(spec, hash)),
		Root(body.Attestations.HashTreeRoot(spec, hash)), Root(body.Deposits.HashTreeRoot(spec, hash)),
		Root(body.VoluntaryExits.HashTreeRoot(spec, hash)), Root(body.SyncAggregate.HashTreeRoot(spec, hash)),
		Root(payload.HashTreeRoot(hash)), Root(body.BLSToExecutionChanges.HashTreeRoot(spec, hash)),
		Root(body.BlobKZGCommitments.HashTreeRoot(spec, hash)),
	}
	const payloadField = 9
	gas, excess := decimal(payload.BlobGasUsed), decimal(payload.ExcessBlobGas)
	header := &executionHeader{
		ParentHash: payload.ParentHash[:], FeeRecipient: payload.FeeRecipient[:], StateRoot: payload.StateRoot[:],
		ReceiptsRoot: payload.ReceiptsRoot[:], LogsBloom: payload.LogsBloom[:], PrevRandao: payload.PrevRandao[:],
		BlockNumber: decimal(payload.BlockNumber), GasLimit: decimal(payload.GasLimit), GasUsed: decimal(payload.GasUsed),
		Timestamp: decimal(payload.Timestamp), ExtraData: hexBytes(payload.ExtraData), BaseFeePerGas: payload.BaseFeePerGas.String(),
		BlockHash: Root(payload.BlockHash), TransactionsRoot: payload.TransactionsRoot[:], WithdrawalsRoot: payload.WithdrawalsRoot[:],
		BlobGasUsed: &gas, ExcessBlobGas: &excess,
	}
	leaves, err := header.leaves()
	if err != nil {
		t.Fatal(err)
	}
	return &b, &Evidence{
		network:   ByChain(1),
		Block:     &Header{uint64(h.Slot), uint64(h.ProposerIndex), Root(h.ParentRoot), Root(h.StateRoot), Root(h.BodyRoot)},
		execution: append(branchOf(blockHashField, leaves...), branchOf(payloadField, fields...)...),
	}
}

// TestOldBlock hangs a block of mainnet of March 2025 on the state of a block 49 periods
// younger, and on a list.
func TestOldBlock(t *testing.T) {
	n := ByChain(1)
	full, old := denebBlock(t, oldBlock)
	_, recent := denebBlock(t, signedBlock)
	var summaries struct{ Data *Summaries }
	vector(t, lodestarSummaries, &summaries)
	roots := readRoots(t, file(t, colibri+"period_store_1371_blocks_ssz.ssz"))
	hash := Root(full.Message.Body.ExecutionPayload.BlockHash)
	if err := summaries.Data.Verify(n, recent.Block); err != nil {
		t.Fatal(err)
	}
	e, err := old.OnList(roots, summaries.Data)
	if err != nil {
		t.Fatal(err)
	}
	data := e.Append(nil)
	if err := readEvidence(t, n, data).Verify(summaries.Data.Root(), hash); err != nil {
		t.Error(err)
	}
	t.Logf("%d bytes", len(data))
	everyByte(t, data, func(data []byte) bool {
		e, err := n.ParseEvidence(data)
		return err == nil && e.Verify(summaries.Data.Root(), hash) == nil
	})
	// On the state: the rest of this form is in the tests with generated keys, as the
	// state of this vector is not that of a finalized block.
	if e, err = old.on(&Evidence{Signed: &Signed{}, Finalized: recent.Block}, Old, append(e.path, summaries.Data.Branch...)); err != nil {
		t.Error(err)
	} else if len(e.path) != 13+1+24+1+5 {
		t.Errorf("a path of %d nodes", len(e.path))
	}
}

// TestSignedByNext reads an update in SSZ, and follows it to the committee that signed the
// header of the other test.
func TestSignedByNext(t *testing.T) {
	n := ByChain(1)
	update := readUpdate(t, n, file(t, colibri+"eth_v1_beacon_light_client_updates_start_period_1419_count_1.ssz")[12:])
	if got := n.Period(update.Attested.Slot); got != 1419 {
		t.Fatalf("the update is of period %d", got)
	}
	_, recent := denebBlock(t, signedBlock)
	head, _ := denebBlock(t, colibri+"eth_v2_beacon_blocks_head.ssz")
	signed := &Update{
		Attested: *recent.Block, Bits: head.Message.Body.SyncAggregate.SyncCommitteeBits,
		Signature: head.Message.Body.SyncAggregate.SyncCommitteeSignature, SignatureSlot: uint64(head.Message.Slot),
	}
	s, err := signed.signed(n, update.Next)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.verify(n, update.Next.Root()); err != nil {
		t.Error(err)
	}
	if s.period(n) != 1420 || params.SyncPeriodLength*1420 > s.Header.Slot {
		t.Errorf("period %d", s.period(n))
	}
}

func fromHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
