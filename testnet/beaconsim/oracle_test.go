package beaconsim_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/beacon/light"
	"github.com/ethereum/go-ethereum/beacon/light/api"
	"github.com/ethereum/go-ethereum/beacon/params"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethdb/memorydb"

	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
)

// go-ethereum's light client starts at a checkpoint, takes the next committee from an
// update and believes the finalized block. Its periods have 8192 slots.
func TestServesGoEthereum(t *testing.T) {
	chain := testchain.Start(t, testnet.Config{Beacon: true})
	mine(t, chain, 20)
	server := api.NewBeaconLightApi(chain.Beacon, nil)

	var genesis struct {
		Data struct {
			Root common.Hash `json:"genesis_validators_root"`
		}
	}
	get(t, chain.Beacon+"/eth/v1/beacon/genesis", &genesis)
	var spec struct {
		Data struct {
			Fulu string `json:"FULU_FORK_VERSION"`
		}
	}
	get(t, chain.Beacon+"/eth/v1/config/spec", &spec)
	config := &params.ChainConfig{GenesisValidatorsRoot: genesis.Data.Root}
	config.AddFork("GENESIS", 0, common.FromHex(spec.Data.Fulu)).AddFork("FULU", 0, common.FromHex(spec.Data.Fulu))

	var checkpoint struct{ Data struct{ Root common.Hash } }
	get(t, chain.Beacon+"/eth/v1/beacon/blocks/finalized/root", &checkpoint)
	boot, err := server.GetCheckpointData(checkpoint.Data.Root)
	if err != nil {
		t.Fatal(err)
	}
	known := light.NewCommitteeChain(memorydb.New(), config, params.SyncCommitteeSupermajority, false)
	if err := known.CheckpointInit(*boot); err != nil {
		t.Fatal(err)
	}
	updates, committees, err := server.GetBestUpdatesAndCommittees(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := known.InsertUpdate(updates[0], committees[0]); err != nil {
		t.Fatal(err)
	}
	if next, ok := known.NextSyncPeriod(); !ok || next != 1 {
		t.Errorf("the next update that go-ethereum wants is of period %d, %t", next, ok)
	}

	final, err := server.GetFinalityUpdate()
	if err != nil {
		t.Fatal(err)
	}
	if err := final.Validate(); err != nil { // with the branch of the execution payload
		t.Error(err)
	}
	if ok, _, err := known.VerifySignedHeader(final.SignedHeader()); err != nil || !ok {
		t.Errorf("the finality update is signed: %t, %v", ok, err)
	}
	if got, want := final.Finalized.PayloadHeader.BlockHash(), finalBlock(t, chain); got != want {
		t.Errorf("block %s is final, the chain says %s", got, want)
	}
	less := final.SignedHeader()
	less.Signature.Signers[0] ^= 1
	if ok, _, err := known.VerifySignedHeader(less); err == nil && ok {
		t.Error("go-ethereum believes a header whose signature is that of others")
	}
	header, _, _, err := server.GetHeader(final.Finalized.Hash())
	if err != nil || header.Hash() != final.Finalized.Hash() {
		t.Errorf("header of the finalized block: %v, %v", header, err)
	}
}
