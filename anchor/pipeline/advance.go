package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/contracts"
)

// advance takes every step that an operation can take now. After an error it stays where
// the last durable step put it.
//
// All that it reads is of one snapshot, so no step is needed twice, except for filling
// nonce gaps, of which there may be several. With a server that contradicts itself it
// would loop; instead it stops, and the next tick goes on from there.
func (w *Writer) advance(ctx context.Context, o *store.Operation, s *snapshot) error {
	var done [stepClose + 1]bool
	for {
		v, err := w.look(ctx, o, s)
		if err != nil {
			return err
		}
		step := next(o, v)
		if w.config.Watch && sends(step) {
			return ctx.Err()
		}
		filling := v.gap && (step == stepIntend || step == stepSign)
		if done[step] && !filling {
			return ctx.Err()
		}
		done[step] = true
		if err := w.do(ctx, step, o, v, s); err != nil {
			return err
		}
		if step == stepWait || step == stepSend || step == stepClose || ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// look reads from the chain what decides about an operation. Every transaction that was
// ever signed for it is looked up.
func (w *Writer) look(ctx context.Context, o *store.Operation, s *snapshot) (*observation, error) {
	v := &observation{
		head: s.head, final: s.final, nonce: s.nonce, nonceFinal: s.nonceFinal, statuses: make([]chain.TransactionStatus, len(o.Attempts)),
		now: time.Now().UnixMilli(), bumpAfter: w.config.BumpAfter.Milliseconds(),
	}
	var err error
	for i, a := range o.Attempts {
		if len(a.Raw) == 0 {
			continue
		}
		if v.statuses[i], err = s.client.TransactionStatus(ctx, a.Hash); err != nil {
			return nil, err
		}
	}
	if v.effect, _, err = w.effect(ctx, s.client, o, s.head); err != nil {
		return nil, err
	}
	if s.final.Number > 0 {
		if v.effectFinal, v.overtaken, err = w.effect(ctx, s.client, o, s.final); err != nil {
			return nil, err
		}
	}
	// A statement that took effect may have been replaced by a later one since, so its
	// receipt counts. An anchor stays for ever, so for that the registry alone decides.
	if r := v.receipt(true); r != nil && o.Kind != store.KindAnchor && r.Block.Number <= s.head.Number {
		v.effect = true
		v.effectFinal = v.effectFinal || r.Block.Number <= s.final.Number
	}
	v.effect = v.effect || v.effectFinal
	if o.State == publish.Failed {
		if v.refuted, err = w.refuted(ctx, o, s); err != nil {
			return nil, err
		}
	}
	if i := live(o, s.nonce); i >= 0 {
		v.gap = s.free() < o.Attempts[i].Nonce
	}
	return v, nil
}

// refuted reports whether the block at which a statement was found to have failed is
// reorged out. It stays failed if there is a newer statement.
func (w *Writer) refuted(ctx context.Context, o *store.Operation, s *snapshot) (bool, error) {
	if o.FinalAt.Number == 0 || o.FinalAt.Number > s.head.Number {
		return false, nil // not known, or the chain is still shorter
	}
	at, err := s.client.At(ctx, o.FinalAt.Number)
	if err != nil || at.Hash == o.FinalAt.Hash {
		return false, err
	}
	return w.isNewest(o)
}

// isNewest reports whether no newer statement about an operation's issuer was handed in.
func (w *Writer) isNewest(o *store.Operation) (bool, error) {
	newest, err := w.pipeline.store.NewestOperation(o.Chain, o.Issuer)
	return newest.Number == o.Number, storeError(err)
}

// effect reports whether the registry shows at a block what an operation wants, or
// else why it never will.
func (w *Writer) effect(
	ctx context.Context, client *chain.Client, o *store.Operation, at chain.Block,
) (there bool, overtaken string, err error) {
	if o.Kind == store.KindAnchor {
		r, err := client.Anchor(ctx, at.Hash, w.home.Registry, o.Root)
		return r.Timestamp != 0, "", err
	}
	r, err := client.Issuer(ctx, at.Hash, w.home.Registry, o.Issuer)
	if err != nil {
		return false, "", err
	}
	there, overtaken = statementEffect(o, r)
	return there, overtaken, nil
}

// statementEffect is [Writer.effect] of a statement, given the issuer's record.
func statementEffect(o *store.Operation, r chain.IssuerRecord) (there bool, overtaken string) {
	switch o.Kind {
	case store.KindStatus:
		there = r.Version == o.Version && r.StatusRoot == o.Root
		if !there && r.Version >= o.Version {
			overtaken = fmt.Sprintf("version %d was set by another statement", r.Version)
		}
	case store.KindRetire:
		there = r.RetiredFrom != 0 && r.RetiredFrom <= o.From
	case store.KindController:
		there = r.Controller == o.Next
		if !there && r.Controller != o.Current {
			overtaken = fmt.Sprintf("the controller is %s by another statement", r.Controller)
		}
	}
	return there, overtaken
}

// do takes one step. What it writes is on disk before its effect.
func (w *Writer) do(ctx context.Context, step step, o *store.Operation, v *observation, s *snapshot) error {
	log := w.log.With("operation", o.Number, "kind", string(o.Kind), "subject", subject(o))
	now := time.Now().UnixMilli()
	switch step {
	case stepIntend:
		return w.intend(ctx, o, v, s)

	case stepReplace:
		return w.replace(ctx, o, v, s)

	case stepSign:
		if err := w.sign(ctx, o); err != nil {
			return err
		}
		// Sent at once: had the process died here, the next look would find it unknown.
		return w.send(ctx, s.client, o, o.Newest())

	case stepSend:
		a := &o.Attempts[live(o, v.nonce)]
		err := w.send(ctx, s.client, o, a)
		var refused *chain.RefusedError
		if errors.As(err, &refused) && refused.Underpriced && overdue(a, v) {
			// The pool demands more, or has another transaction with this nonce (of a
			// program that uses the account, or of a folder that was restored) which may
			// lie there for ever: the same bytes would be refused for ever.
			return w.replace(ctx, o, v, s)
		}
		return err

	case stepMined:
		var block store.Block
		if r := v.receipt(true); r != nil {
			block = store.Block{Number: r.Block.Number, Hash: r.Block.Hash}
			o.Paid = paid(r)
		} else if o.Kind == store.KindAnchor {
			// By a third party, or by a transaction of ours that this folder has lost.
			record, err := s.client.Anchor(ctx, v.head.Hash, w.home.Registry, o.Root)
			if err != nil {
				return err
			}
			if record.BlockNumber == 0 {
				return nil // the server has shown it a moment ago for the same block: it contradicts itself
			}
			block = store.Block{Number: record.BlockNumber}
		}
		o.Block = block
		setState(o, publish.Mined, now)
		if err := w.put(o, "mined", nil); err != nil {
			return err
		}
		log.Info("mined", "block", o.Block.Number) // after the write, so that the log never runs ahead of the API
		return nil

	case stepBack:
		if o.State == publish.Failed {
			log.Warn("reorged out the block at which it failed; trying again", "reason", o.Reason, "block", o.FinalAt.Number)
		} else {
			log.Warn("reorged out; sending again", "block", o.Block.Number, "blockHash", o.Block.Hash.String())
		}
		reopen(o, now)
		return w.put(o, "back", func(r *store.Chain) { r.Reorgs++ })

	case stepFinish:
		return w.finish(ctx, s.client, o, v)

	case stepFail:
		reason := v.overtaken
		if reason == "" {
			reason = "its transaction was mined and reverted"
		}
		return w.fail(o, reason, v.final)

	case stepRelease:
		return w.release(ctx, o, v, s)

	case stepClose:
		o.Closed = true
		return w.put(o, "closed", nil)
	}
	return nil
}

// fail records that a statement can never take effect, as a block shows.
func (w *Writer) fail(o *store.Operation, reason string, at chain.Block) error {
	o.Reason, o.FinalAt = reason, store.Block{Number: at.Number, Hash: at.Hash}
	setState(o, publish.Failed, time.Now().UnixMilli())
	if err := w.put(o, "failed", nil); err != nil {
		return err
	}
	w.log.Warn("failed", "subject", subject(o), "reason", reason, "block", at.Number)
	return nil
}

func setState(o *store.Operation, s publish.State, now int64) {
	if o.State != s {
		o.State, o.Since = s, now
	}
}

// paid is what a transaction cost, as the store has it. A server that says nonsense is not
// believed.
func paid(r *chain.Receipt) []byte {
	if r.Fee == nil || r.Fee.Sign() < 0 || r.Fee.BitLen() > 128 {
		return nil
	}
	return r.Fee.Bytes()
}

// reopen takes an operation back to where it was before it was seen on the chain.
func reopen(o *store.Operation, now int64) {
	o.Block, o.FinalAt, o.Reason, o.Closed, o.Paid = store.Block{}, store.Block{}, "", false, nil
	switch {
	case o.Transaction() != nil:
		setState(o, publish.Broadcast, now)
	case o.Kind == store.KindAnchor:
		setState(o, publish.Batched, now)
	default:
		setState(o, publish.Accepted, now)
	}
}

// put writes an operation, with what count changes of the chain's record, and wakes
// those who wait for it.
func (w *Writer) put(o *store.Operation, step string, count func(*store.Chain)) error {
	err := w.update(func(tx *store.Tx, r *store.Chain) error {
		if count != nil {
			count(r)
		}
		return tx.PutOperation(o)
	})
	if err != nil {
		return err
	}
	w.pipeline.config.Hooks.Step(step)
	w.pipeline.config.Hooks.Changed()
	return nil
}

// intend chooses nonce, gas and fees of a new transaction and writes them down. The
// nonce is the lowest free one, so there is never a gap.
func (w *Writer) intend(ctx context.Context, o *store.Operation, v *observation, s *snapshot) error {
	calldata := calldata(o)
	gas, err := s.client.EstimateGas(ctx, w.account, w.home.Registry, calldata)
	var refused *chain.RevertError
	if errors.As(err, &refused) && o.Kind != store.KindAnchor && live(o, v.nonce) < 0 {
		// The server has looked at its newest block, which may be newer than v.head.
		head, err := s.client.Head(ctx)
		if err != nil {
			return err
		}
		return w.fail(o, refused.Reason, head)
	}
	if err != nil && isStatement(o) && unsent(o) && !errors.Is(err, chain.ErrOutage) && time.Since(role.Millis(o.Since)) > simulationPatience {
		return w.fail(o, "no RPC server could estimate its gas: sign again, or send the transaction yourself", v.head)
	}
	if err != nil {
		return err
	}
	fresh := live(o, v.nonce) < 0 // else its nonce is needed, whatever it takes
	limit := gas + gas/4
	if o.Kind == store.KindAnchor {
		w.anchorGas.Store(limit)
	} else {
		most := w.relayGas()
		if gas > most && fresh {
			return w.fail(o, tooMuchGas(gas, most), v.head)
		}
		limit = min(limit, most)
	}
	fees, err := w.fees(ctx, s.client, limit, nil)
	if err == nil && isStatement(o) && fresh {
		err = w.relayBudget(cost(fees, limit), time.Now())
	}
	if err != nil {
		return err
	}
	foreign := len(o.Attempts) > 0 && !v.gap && v.receipt(false) == nil
	o.Attempts = append(o.Attempts, store.Attempt{
		Nonce: s.free(), Gas: limit, Tip: fees.Tip.Bytes(), FeeCap: fees.Cap.Bytes(), Calldata: calldata,
		At: time.Now().UnixMilli(), Head: v.head.Number,
	})
	var count func(*store.Chain)
	switch {
	case foreign:
		w.log.Warn("foreign transaction used a nonce of this node's account; using another nonce, but give the node an account of its own",
			"account", w.account.String(), "subject", subject(o), "nonce", o.Attempts[len(o.Attempts)-2].Nonce)
		count = func(r *store.Chain) { r.ForeignNonces++ }
	case v.gap:
		w.log.Warn("filling nonce gap", "account", w.account.String(), "nonce", o.Newest().Nonce)
	}
	return w.put(o, "intent", count)
}

// replace chooses higher fees for a transaction that is not mined and writes them
// down.
func (w *Writer) replace(ctx context.Context, o *store.Operation, v *observation, s *snapshot) error {
	old := o.Attempts[live(o, v.nonce)]
	fees, err := w.fees(ctx, s.client, old.Gas, &old)
	if err != nil {
		return err
	}
	a := old
	a.Tip, a.FeeCap, a.At, a.Head, a.Raw = fees.Tip.Bytes(), fees.Cap.Bytes(), time.Now().UnixMilli(), v.head.Number, nil
	a.Hash = [32]byte{}
	o.Attempts = append(o.Attempts, a)
	w.log.Warn("transaction stuck; replacing it with higher fees", "subject", subject(o), "nonce", a.Nonce, "transaction", old.Hash.String(),
		"feeCap", fees.Cap.String(), "tip", fees.Tip.String())
	return w.put(o, "replace", func(r *store.Chain) { r.Replacements++ })
}

// sign signs what is intended. What it commits to is counted in the same write.
func (w *Writer) sign(ctx context.Context, o *store.Operation) error {
	a, now := o.Newest(), time.Now()
	cost := extraCost(o, a)
	if err := w.allowed(a, cost, now); err != nil {
		return err
	}
	if err := w.term.Err(); err != nil {
		return storeError(err)
	}
	raw, hash, err := w.config.Key.SignTransaction(ctx, w.transaction(a))
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	a.Raw, a.Hash = raw, hash
	if s := o.State; s == publish.Accepted || s == publish.Batched {
		setState(o, publish.Broadcast, now.UnixMilli())
	}
	err = w.write(func(tx *store.Tx) error {
		errs := []error{tx.PutOperation(o), tx.Spend(store.SpentInAll, w.home.Chain, w.account, now, cost)}
		if isStatement(o) {
			errs = append(errs, tx.Spend(store.SpentOnRelays, w.home.Chain, w.account, now, cost))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		a.Raw = nil
		return storeError(err)
	}
	w.pipeline.config.Hooks.Step("signed")
	w.pipeline.config.Hooks.Changed()
	return nil
}

// transaction is the unsigned transaction of an attempt.
func (w *Writer) transaction(a *store.Attempt) chain.Transaction {
	return chain.Transaction{
		Chain: w.home.Chain, Nonce: a.Nonce, Gas: a.Gas, To: w.home.Registry, Calldata: a.Calldata,
		Fees: chain.Fees{Tip: new(big.Int).SetBytes(a.Tip), Cap: new(big.Int).SetBytes(a.FeeCap)},
	}
}

// release drops an intent that is not needed. If its nonce is needed all the same,
// because a later one is out, it is signed and sent instead.
func (w *Writer) release(ctx context.Context, o *store.Operation, v *observation, s *snapshot) error {
	nonce, last := o.Newest().Nonce, len(o.Attempts)-1
	needed := false
	for _, other := range s.open {
		needed = needed || len(other.Attempts) > 0 && highest(other) > nonce
	}
	for _, a := range o.Attempts[:last] {
		needed = needed && a.Nonce != nonce // another attempt uses it
	}
	if needed && nonce >= v.nonce {
		return w.do(ctx, stepSign, o, v, s)
	}
	o.Attempts = o.Attempts[:last]
	w.log.Info("dropped an unsigned transaction that is no longer needed", "subject", subject(o), "nonce", nonce)
	return w.put(o, "released", nil)
}

// send hands a transaction to the network, which was written with the lease that is still held.
func (w *Writer) send(ctx context.Context, client *chain.Client, o *store.Operation, a *store.Attempt) error {
	if err := w.term.Err(); err != nil {
		return storeError(err)
	}
	err := client.Send(ctx, a.Raw)
	w.pipeline.config.Hooks.Step("sent")
	if err != nil {
		// The network may have it all the same: the next look says.
		return fmt.Errorf("send transaction %s with nonce %d: %w", a.Hash, a.Nonce, err)
	}
	w.log.Info("sent", "subject", subject(o), "transaction", a.Hash.String(), "nonce", a.Nonce, "gas", a.Gas,
		"feeCap", new(big.Int).SetBytes(a.FeeCap).String(), "tip", new(big.Int).SetBytes(a.Tip).String())
	return nil
}

// calldata is the call of the registry that an operation stands for.
func calldata(o *store.Operation) []byte {
	r := contracts.NewAnchorRegistry()
	issuer, deadline := common.Address(o.Issuer), new(big.Int).SetUint64(o.Deadline)
	switch o.Kind {
	case store.KindAnchor:
		return r.PackAnchor(o.Root, o.Manifest)
	case store.KindStatus:
		return r.PackSetStatusBySig(issuer, o.Version, o.Root, o.Manifest, deadline, o.Signature)
	case store.KindRetire:
		return r.PackRetireBySig(issuer, o.From, deadline, o.Signature)
	case store.KindController:
		return r.PackSetControllerBySig(issuer, common.Address(o.Current), common.Address(o.Next), deadline, o.Signature)
	}
	panic("unknown kind of operation " + o.Kind)
}

// finish records that an operation is final: an anchor with the evidence of it, in
// one write.
func (w *Writer) finish(ctx context.Context, client *chain.Client, o *store.Operation, v *observation) error {
	now := time.Now().UnixMilli()
	evidence := make(map[[20]byte]*store.Evidence)
	if o.Kind == store.KindAnchor {
		b, err := w.pipeline.store.Batch(o.Batch)
		if err != nil {
			return storeError(err)
		}
		issuers, err := w.pipeline.store.Issuers(&b)
		if err != nil {
			return storeError(err)
		}
		if evidence, err = w.newestEvidence(ctx, client, v.final, b.Root, issuers); err != nil {
			return fmt.Errorf("evidence at block %d: %w", v.final.Number, err)
		}
		w.pipeline.config.Hooks.Step("evidence")
	}
	if r := v.receipt(true); r != nil {
		o.Block = store.Block{Number: r.Block.Number, Hash: r.Block.Hash}
		o.Paid = paid(r)
	} else if o.Kind == store.KindAnchor && o.Block.Number == 0 {
		// By a third party, and final when it was first seen.
		record, err := client.Anchor(ctx, v.final.Hash, w.home.Registry, o.Root)
		if err != nil {
			return err
		}
		o.Block = store.Block{Number: record.BlockNumber}
	}
	o.FinalAt = store.Block{Number: v.final.Number, Hash: v.final.Hash}
	setState(o, publish.Final, now)
	err := w.update(func(tx *store.Tx, r *store.Chain) error {
		for issuer, e := range evidence {
			if err := errors.Join(tx.PutEvidence(w.home.Chain, o.Batch, issuer, e), tx.SetAnchored(issuer, o.Batch)); err != nil {
				return err
			}
		}
		if o.Kind == store.KindAnchor {
			r.Anchors++
			if err := tx.AddFinal(o); err != nil {
				return err
			}
		}
		return tx.PutOperation(o)
	})
	if err != nil {
		return err
	}
	w.pipeline.config.Hooks.Step("final")
	w.log.Info("final", "subject", subject(o), "block", o.Block.Number, "finalBlock", v.final.Number)
	if o.Kind == store.KindAnchor {
		w.health.show(func(c *shown) { c.LastFinal, c.EvidenceAt = optional(time.Now()), optional(time.Now()) })
		w.expectVouchers(o.Batch)
	}
	w.pipeline.config.Hooks.Changed()
	return nil
}
