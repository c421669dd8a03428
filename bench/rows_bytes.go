package main

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/klauspost/compress/gzip"

	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/verifier"
)

// steps is how long the path in a batch of 1,000 submissions is.
const steps = 10

// bytesRow is what a proof takes on the wire and in a file, and an anchor on a chain. What
// goes over the wire and onto a chain is most of what a large service pays for.
func bytesRow(b *bench) error {
	v, a, err := b.vouchedOnEthereum()
	if err != nil {
		return err
	}
	p := *v.proofs[0]
	p.Anchors = []verifier.Anchor{a}
	batch := *p.Batch
	batch.Path = sortedLeaves(steps)
	p.Batch = &batch
	text, err := p.Encode()
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	row := func(id, work string, n int) { b.add(newResult(id, work, "bytes", series{float64(n)}, nil)) }
	row("bytes-proof", fmt.Sprintf("a proof of one of a million credentials, in a batch of 1,000 submissions, "+
		"with a state proof as on Ethereum in a registry of %s batches and a beacon voucher, as JSON", number(registryBatches)), len(text))
	row("bytes-proof-gzip", "the same as it is served, with gzip at its fastest level", packed.Len())
	row("bytes-proof-cbor", "the same in CBOR, as in archives and QR codes", len(must(p.EncodeCBOR())))

	key, err := crypto.GenerateKey()
	if err != nil {
		return err
	}
	words := sortedLeaves(2)
	const gwei = 1_000_000_000
	to := contracts.Address
	tx, err := types.SignNewTx(key, types.LatestSignerForChainID(big.NewInt(1)), &types.DynamicFeeTx{
		ChainID: big.NewInt(1), Nonce: 100_000, GasTipCap: big.NewInt(gwei / 10), GasFeeCap: big.NewInt(50 * gwei), Gas: 58_000,
		To: &to, Data: slices.Clone(contracts.NewAnchorRegistry().PackAnchor(words[0], words[1])),
	})
	if err != nil {
		return err
	}
	row("bytes-anchor", "a signed transaction that anchors a batch of any size", len(must(tx.MarshalBinary())))
	return nil
}
