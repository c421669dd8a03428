package beacon

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/beacon/light"
	"github.com/ethereum/go-ethereum/beacon/merkle"
	"github.com/ethereum/go-ethereum/beacon/params"
	"github.com/ethereum/go-ethereum/beacon/types"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethdb/memorydb"
)

// gethUpdate reads an update into go-ethereum's form.
func gethUpdate(t *testing.T, version string, data json.RawMessage) (*types.LightClientUpdate, *types.SerializedSyncCommittee) {
	t.Helper()
	type header struct {
		Beacon types.Header `json:"beacon"`
	}
	var v struct {
		Attested       header                         `json:"attested_header"`
		Next           *types.SerializedSyncCommittee `json:"next_sync_committee"`
		NextBranch     merkle.Values                  `json:"next_sync_committee_branch"`
		Finalized      header                         `json:"finalized_header"`
		FinalityBranch merkle.Values                  `json:"finality_branch"`
		Aggregate      types.SyncAggregate            `json:"sync_aggregate"`
		SignatureSlot  common.Decimal                 `json:"signature_slot"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return &types.LightClientUpdate{
		Version:                 version,
		AttestedHeader:          types.SignedHeader{Header: v.Attested.Beacon, Signature: v.Aggregate, SignatureSlot: uint64(v.SignatureSlot)},
		NextSyncCommitteeRoot:   v.Next.Root(),
		NextSyncCommitteeBranch: v.NextBranch,
		FinalizedHeader:         &v.Finalized.Beacon,
		FinalityBranch:          v.FinalityBranch,
	}, v.Next
}

// TestAgreesOnCommittees lets go-ethereum's committee chain and a [Chain] go over the same
// updates, as they are and changed.
func TestAgreesOnCommittees(t *testing.T) {
	v, n := capellaData(t), ByChain(1)
	var raw []struct {
		Version string
		Data    json.RawMessage
	}
	vector(t, "helios-capella/updates.json", &raw)
	var boot struct {
		Data struct {
			Header struct {
				Beacon types.Header `json:"beacon"`
			} `json:"header"`
			Committee *types.SerializedSyncCommittee `json:"current_sync_committee"`
			Branch    merkle.Values                  `json:"current_sync_committee_branch"`
		}
	}
	vector(t, "helios-capella/bootstrap.json", &boot)
	theirs := light.NewCommitteeChain(memorydb.New(), params.MainnetLightConfig, params.SyncCommitteeSupermajority, false)
	err := theirs.CheckpointInit(types.BootstrapData{
		Version: "capella", Header: boot.Data.Header.Beacon, Committee: boot.Data.Committee,
		CommitteeRoot: boot.Data.Committee.Root(), CommitteeBranch: boot.Data.Branch,
	})
	if err != nil {
		t.Fatal(err)
	}
	committee := &v.Boot.Data.Committee
	for i, u := range v.Updates {
		period := n.Period(u.Data.Attested.Slot)
		for name, change := range updateChanges {
			their, next := gethUpdate(t, raw[i].Version, raw[i].Data)
			our := *u.Data
			change(their, &our)
			theyAccept := their.Validate() == nil && theirs.InsertUpdate(their, next) == nil
			h, err := our.Hop(n, committee)
			if err == nil {
				err = h.Verify(committee.Root())
			}
			if theyAccept != (err == nil) {
				t.Errorf("period %d, %s: go-ethereum accepts it: %v, here: %v", period, name, theyAccept, err)
			}
			if theyAccept {
				t.Errorf("period %d, %s: both accept it", period, name)
			}
		}
		their, next := gethUpdate(t, raw[i].Version, raw[i].Data)
		if err := their.Validate(); err != nil {
			t.Fatal(err)
		}
		if err := theirs.InsertUpdate(their, next); err != nil {
			t.Fatal(err)
		}
		h := readHop(t, n, hopOf(t, n, u.Data, committee))
		if err := h.Verify(committee.Root()); err != nil {
			t.Error(err)
		}
		if common.Hash(h.Next) != their.NextSyncCommitteeRoot {
			t.Errorf("period %d: the next committee is %s here and %s there", period, h.Next, their.NextSyncCommitteeRoot)
		}
		committee = u.Data.Next
	}
}

// updateChanges are faults that both sides must see. Neither field may be shared between
// their and our form.
var updateChanges = map[string]func(*types.LightClientUpdate, *Update){
	"another slot": func(u *types.LightClientUpdate, v *Update) { u.AttestedHeader.Header.Slot++; v.Attested.Slot++ },
	"another proposer": func(u *types.LightClientUpdate, v *Update) {
		u.AttestedHeader.Header.ProposerIndex++
		v.Attested.Proposer++
	},
	"another state": func(u *types.LightClientUpdate, v *Update) {
		u.AttestedHeader.Header.StateRoot[3] ^= 1
		v.Attested.State[3] ^= 1
	},
	"a signature that is not a point": func(u *types.LightClientUpdate, v *Update) {
		u.AttestedHeader.Signature.Signature[40] ^= 1
		v.Signature[40] ^= 1
	},
	"the signature negated": func(u *types.LightClientUpdate, v *Update) {
		u.AttestedHeader.Signature.Signature[0] ^= 0x20
		v.Signature[0] ^= 0x20
	},
	"nobody signed": func(u *types.LightClientUpdate, v *Update) {
		u.AttestedHeader.Signature.Signers = [64]byte{}
		v.Bits = make([]byte, 64)
	},
	"one more or less signed": func(u *types.LightClientUpdate, v *Update) {
		u.AttestedHeader.Signature.Signers[7] ^= 4
		v.Bits = append([]byte(nil), v.Bits...)
		v.Bits[7] ^= 4
	},
	"another next committee": func(u *types.LightClientUpdate, v *Update) {
		u.NextSyncCommitteeRoot[0] ^= 1
		next := *v.Next
		next.Aggregate[5] ^= 1
		v.Next = &next
	},
	"another branch of the next committee": func(u *types.LightClientUpdate, v *Update) {
		u.NextSyncCommitteeBranch[2][0] ^= 1
		v.NextBranch = append([]Root(nil), v.NextBranch...)
		v.NextBranch[2][0] ^= 1
	},
	"another finalized block": func(u *types.LightClientUpdate, v *Update) {
		u.FinalizedHeader.Slot++
		final := *v.Finalized
		final.Slot++
		v.Finalized = &final
	},
	"a signature of the next period": func(u *types.LightClientUpdate, v *Update) {
		u.AttestedHeader.SignatureSlot += params.SyncPeriodLength
		v.SignatureSlot += params.SyncPeriodLength
	},
}

// TestAgreesOnFinality compares the parts of a finality update of mainnet under Fulu and
// under Capella: roots, domains, signatures, branches.
func TestAgreesOnFinality(t *testing.T) {
	type half struct {
		Beacon    types.Header    `json:"beacon"`
		Execution json.RawMessage `json:"execution"`
		Branch    merkle.Values   `json:"execution_branch"`
	}
	type update struct {
		Attested       half                `json:"attested_header"`
		Finalized      half                `json:"finalized_header"`
		FinalityBranch merkle.Values       `json:"finality_branch"`
		Aggregate      types.SyncAggregate `json:"sync_aggregate"`
	}
	var fulu struct {
		Finality update `json:"finality_update"`
		Store    struct {
			Current *types.SerializedSyncCommittee `json:"current_sync_committee"`
		} `json:"store"`
	}
	vector(t, "fulu-sp1helios/proof_inputs.json", &fulu)
	ours, n := fuluData(t), ByChain(1)
	committee := ours.Store.Current
	if common.Hash(committee.Root()) != fulu.Store.Current.Root() {
		t.Error("the roots of the committee differ")
	}
	proven := func(h half) types.HeaderWithExecProof {
		t.Helper()
		payload, err := types.ExecutionHeaderFromJSON("fulu", h.Execution)
		if err != nil {
			t.Fatal(err)
		}
		return types.HeaderWithExecProof{Header: h.Beacon, PayloadHeader: payload, PayloadBranch: h.Branch}
	}
	f := fulu.Finality
	theirs := types.FinalityUpdate{
		Version: "fulu", Attested: proven(f.Attested), Finalized: proven(f.Finalized), FinalityBranch: f.FinalityBranch,
	}
	if err := theirs.Validate(); err != nil {
		t.Fatal(err)
	}
	signing, err := params.MainnetLightConfig.Forks.SigningRoot(f.Attested.Beacon.Epoch(), f.Attested.Beacon.Hash())
	if err != nil {
		t.Fatal(err)
	}
	if root := n.signingRoot(&ours.Finality.Attested); common.Hash(root) != signing {
		t.Errorf("what is signed is %s here and %s there", root, signing)
	}
	keys, err := fulu.Store.Current.Deserialize()
	if err != nil {
		t.Fatal(err)
	}
	if !keys.VerifySignature(signing, &f.Aggregate) {
		t.Error("go-ethereum does not accept the signature")
	}
	if hash := ours.Finality.Finalized.BlockHash; common.Hash(hash) != theirs.Finalized.PayloadHeader.BlockHash() {
		t.Errorf("the block is %s here", hash)
	}
	payload := climb(ours.Finality.Finalized.BlockHash, 32|blockHashField, ours.Finality.Finalized.Execution[:5])
	if payload != Root(theirs.Finalized.PayloadHeader.PayloadRoot()) {
		t.Errorf("the root of the payload's header is %s here", payload)
	}
}

// TestNetworks compares the built-in networks with go-ethereum's.
func TestNetworks(t *testing.T) {
	for chain, theirs := range map[uint64]*params.ChainConfig{
		1: params.MainnetLightConfig, 11155111: params.SepoliaLightConfig, 560048: params.HoodiLightConfig,
	} {
		n := ByChain(chain)
		if common.Hash(n.ValidatorsRoot) != theirs.GenesisValidatorsRoot || n.GenesisTime != theirs.GenesisTime {
			t.Errorf("%s: another genesis", n.Name)
		}
		if n.periodSlots() != params.SyncPeriodLength || n.SlotsPerEpoch != params.EpochLength || n.size() != params.SyncCommitteeSize {
			t.Errorf("%s: other constants", n.Name)
		}
		for i, f := range theirs.Forks {
			if ours := n.Forks[i]; ours.Epoch != f.Epoch || string(ours.Version[:]) != string(f.Version) {
				t.Errorf("%s: fork %s at epoch %d with version %x, go-ethereum has epoch %d and %x",
					n.Name, ours.Name, ours.Epoch, ours.Version, f.Epoch, f.Version)
			}
		}
	}
	// The configuration files of these name the times of forks.
	for chain, want := range map[uint64]string{100: "deneb 2024-03-11T18:30:20Z", 10200: "fulu 2026-03-16T09:33:00Z"} {
		n := ByChain(chain)
		name, at, _ := strings.Cut(want, " ")
		for _, f := range n.Forks {
			if got := n.Time(f.Epoch * n.SlotsPerEpoch).Format(time.RFC3339); f.Name == name && got != at {
				t.Errorf("%s: %s was at %s, want %s", n.Name, name, got, at)
			}
		}
		if n.periodSlots() != n.RootsPerSummary || n.size() != 512 {
			t.Errorf("%s: other constants", n.Name)
		}
	}
	for _, n := range Networks() {
		if err := n.Check(); err != nil {
			t.Errorf("%s: %v", n.Name, err)
		}
		if n.ChainID == 0 || ByChain(n.ChainID) != n {
			t.Errorf("%s: not found by chain %d", n.Name, n.ChainID)
		}
		for _, f := range n.Forks {
			if l, ok := layouts[f.Name]; ok && (l.finalized&1 == 0 || l.currentCommittee == l.nextCommittee) {
				t.Errorf("layout of %s", f.Name)
			}
		}
	}
}
