package beaconsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// slot is a beacon block and the state after it. Nothing in it changes.
type slot struct {
	number                            uint64
	hash                              node // of the execution block
	parent, stateRoot, bodyRoot, root node
	summaries                         int // how many historical summaries there were before it

	// The rest is nil for an old one.
	block       *types.Header // of the execution block
	state, body stateTree
	update      *update // nil at slot 0, too
}

// update is what a committee signed.
type update struct {
	attested, finalized *slot
	next                *committee
	bits                [size / 8]byte
	signature           [96]byte
}

// handler serves what light clients ask for: the Beacon API, and of Lodestar's own the
// historical summaries.
func (b *Beacon) handler() http.Handler {
	mux := http.NewServeMux()
	get := func(path string, answer func(r *http.Request) (any, error)) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			b.mu.Lock()
			v, err := answer(r)
			b.mu.Unlock()
			w.Header().Set("Content-Type", "application/json")
			if err != nil {
				w.WriteHeader(http.StatusNotFound)
				v = map[string]any{"code": http.StatusNotFound, "message": err.Error()}
			}
			if err := json.NewEncoder(w).Encode(v); err != nil {
				b.config.Log.Debug("beacon stand-in: an answer was not read", "err", err)
			}
		})
	}
	get("/eth/v1/beacon/genesis", b.getGenesis)
	get("/eth/v1/config/spec", b.getSpec)
	get("/eth/v1/beacon/light_client/bootstrap/{root}", b.getBootstrap)
	get("/eth/v1/beacon/light_client/updates", b.getUpdates)
	get("/eth/v1/beacon/light_client/finality_update", b.getFinality)
	get("/eth/v1/beacon/headers/{id}", b.getHeader)
	get("/eth/v1/beacon/blocks/{id}/root", b.getRoot)
	get("/eth/v1/lodestar/states/{state}/historical_summaries", b.getSummaries)
	return mux
}

func (b *Beacon) getGenesis(*http.Request) (any, error) {
	return data(map[string]any{
		"genesis_time": text(b.genesis), "genesis_validators_root": b.validatorsRoot(),
		"genesis_fork_version": hexutil.Bytes(forkVersion[:]),
	}), nil
}

func (b *Beacon) getSpec(*http.Request) (any, error) {
	spec := map[string]string{
		"CONFIG_NAME": "hallmark-dev", "PRESET_BASE": "mainnet", "SECONDS_PER_SLOT": "1", "SLOTS_PER_EPOCH": "1",
		"EPOCHS_PER_SYNC_COMMITTEE_PERIOD": text(b.config.Period), "SYNC_COMMITTEE_SIZE": text(size),
		"SLOTS_PER_HISTORICAL_ROOT": text(b.config.RootsPerSummary), "DEPOSIT_CHAIN_ID": text(b.chainID),
		"GENESIS_FORK_VERSION": hexutil.Encode(forkVersion[:]),
	}
	for _, fork := range []string{"ALTAIR", "BELLATRIX", "CAPELLA", "DENEB", "ELECTRA", "FULU"} {
		spec[fork+"_FORK_EPOCH"], spec[fork+"_FORK_VERSION"] = "0", hexutil.Encode(forkVersion[:])
	}
	return data(spec), nil
}

func (b *Beacon) getBootstrap(r *http.Request) (any, error) {
	s, err := b.find(r.PathValue("root"))
	if err != nil {
		return nil, err
	}
	if u := b.updates[b.period(s.number)]; u != nil && u.finalized.number == s.number {
		s = u.finalized // its state is kept
	}
	if s.state == nil {
		return nil, fmt.Errorf("the state of block %s is no longer kept", s.root)
	}
	return versioned(map[string]any{
		"header": s.light(), "current_sync_committee": b.committee(b.period(s.number)).json(),
		"current_sync_committee_branch": s.state.branch(gCurrentCommittee),
	}), nil
}

func (b *Beacon) getUpdates(r *http.Request) (any, error) {
	start, err := strconv.ParseUint(r.URL.Query().Get("start_period"), 10, 32)
	if err != nil {
		return nil, err
	}
	count, err := strconv.ParseUint(r.URL.Query().Get("count"), 10, 32)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for p := start; p < start+min(count, 128); p++ {
		u := b.updates[p]
		if u == nil {
			break
		}
		v := u.json()
		v["next_sync_committee"] = u.next.json()
		v["next_sync_committee_branch"] = u.attested.state.branch(gNextCommittee)
		list = append(list, versioned(v))
	}
	return list, nil
}

func (b *Beacon) getFinality(*http.Request) (any, error) {
	u := b.newest()
	if u == nil {
		return nil, fmt.Errorf("no finality update is available")
	}
	return versioned(u.json()), nil
}

func (b *Beacon) getHeader(r *http.Request) (any, error) {
	s, err := b.find(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return data(map[string]any{"root": s.root, "canonical": true, "header": map[string]any{"message": s.json()}}), nil
}

func (b *Beacon) getRoot(r *http.Request) (any, error) {
	s, err := b.find(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return data(map[string]any{"root": s.root}), nil
}

// find returns a block by its slot, its root, or "head" and "finalized".
func (b *Beacon) find(id string) (*slot, error) {
	if u := b.newest(); u != nil {
		switch id {
		case "head":
			return u.attested, nil
		case "finalized":
			return u.finalized, nil
		}
	}
	if number, ok := b.byRoot[common.HexToHash(id)]; ok && len(id) == 66 {
		return b.slots[number], nil
	}
	if number, err := strconv.ParseUint(id, 10, 64); err == nil && number < uint64(len(b.slots)) {
		return b.slots[number], nil
	}
	return nil, fmt.Errorf("no block %q", id)
}

func (b *Beacon) getSummaries(r *http.Request) (any, error) {
	id := r.PathValue("state")
	number, ok := b.byState[common.HexToHash(id)]
	if !ok || len(id) != 66 {
		return nil, fmt.Errorf("no state %q, or it is no longer kept", id)
	}
	s := b.slots[number]
	count := s.summaries
	if number > 0 && number%b.config.RootsPerSummary == 0 {
		count++
	}
	return data(map[string]any{
		// The list is read after the lock is released, so it is a copy.
		"slot": text(number), "historical_summaries": slices.Clone(b.summaries[:count]), "proof": s.state.branch(gSummaries),
	}), nil
}

func (u *update) json() map[string]any {
	return map[string]any{
		"attested_header": u.attested.light(), "finalized_header": u.finalized.light(),
		"finality_branch": u.attested.state.branch(gFinalizedRoot),
		"sync_aggregate": map[string]any{
			"sync_committee_bits": hexutil.Bytes(u.bits[:]), "sync_committee_signature": hexutil.Bytes(u.signature[:]),
		},
		"signature_slot": text(u.attested.number + 1),
	}
}

func (c *committee) json() map[string]any {
	keys := make([]hexutil.Bytes, size)
	for i := range keys {
		keys[i] = c.keys[i][:]
	}
	return map[string]any{"pubkeys": keys, "aggregate_pubkey": hexutil.Bytes(c.aggregate[:])}
}

func (s *slot) json() map[string]any {
	return map[string]any{
		"slot": text(s.number), "proposer_index": "0", "parent_root": s.parent, "state_root": s.stateRoot, "body_root": s.bodyRoot,
	}
}

// light returns the LightClientHeader.
func (s *slot) light() map[string]any {
	h := s.block
	return map[string]any{
		"beacon": s.json(), "execution_branch": s.body.branch(gPayload),
		"execution": map[string]any{
			"parent_hash": h.ParentHash, "fee_recipient": hexutil.Bytes(h.Coinbase[:]), "state_root": h.Root,
			"receipts_root": h.ReceiptHash, "logs_bloom": hexutil.Bytes(h.Bloom[:]), "prev_randao": h.MixDigest,
			"block_number": text(h.Number.Uint64()), "gas_limit": text(h.GasLimit), "gas_used": text(h.GasUsed),
			"timestamp": text(h.Time), "extra_data": hexutil.Bytes(h.Extra), "base_fee_per_gas": h.BaseFee.String(),
			"block_hash": h.Hash(), "transactions_root": h.TxHash, "withdrawals_root": withdrawals(h),
			"blob_gas_used": text(value(h.BlobGasUsed)), "excess_blob_gas": text(value(h.ExcessBlobGas)),
		},
	}
}

func data(v any) map[string]any { return map[string]any{"data": v} }

func versioned(v any) map[string]any { return map[string]any{"version": "fulu", "data": v} }

func text(v uint64) string { return strconv.FormatUint(v, 10) }
