package anchor

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/contracts"
)

// advance takes an operation as far as it goes now. An error leaves it where the
// last durable step put it.
func (n *Node) advance(ctx context.Context, o *store.Operation, head, final chain.Block) error {
	for {
		v, err := n.look(ctx, o, head, final)
		if err != nil {
			return err
		}
		s := next(o, v)
		if err := n.do(ctx, s, o, v); err != nil {
			return err
		}
		if s == stepWait || s == stepSend || s == stepClose || ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// look asks the chain what matters to an operation. Every transaction that was ever
// signed for it is looked up.
func (n *Node) look(ctx context.Context, o *store.Operation, head, final chain.Block) (*view, error) {
	v := &view{head: head, final: final, fates: make([]chain.Fate, len(o.Attempts))}
	var err error
	for i, a := range o.Attempts {
		if len(a.Raw) == 0 {
			continue
		}
		if v.fates[i], err = n.client.Fate(ctx, a.Hash); err != nil {
			return nil, err
		}
	}
	if v.effect, _, err = n.effect(ctx, o, head); err != nil {
		return nil, err
	}
	if final.Number > 0 {
		if v.effectFinal, v.overtaken, err = n.effect(ctx, o, final); err != nil {
			return nil, err
		}
		if v.nonceFinal, err = n.client.Nonce(ctx, n.config.Chains[0].Key.Address(), final.Hash); err != nil {
			return nil, err
		}
	}
	// A statement may have been replaced by a later one since it took effect; an
	// anchor is there for ever, so for that the registry alone decides.
	if r := v.receipt(true); r != nil && o.Kind != store.KindAnchor && r.Block.Number <= head.Number {
		v.effect = true
		v.effectFinal = v.effectFinal || r.Block.Number <= final.Number
	}
	v.effect = v.effect || v.effectFinal
	v.nonce, err = n.client.Nonce(ctx, n.config.Chains[0].Key.Address(), head.Hash)
	return v, err
}

// effect reports whether the registry shows at a block what an operation wants, or
// else why it never will.
func (n *Node) effect(ctx context.Context, o *store.Operation, at chain.Block) (there bool, overtaken string, err error) {
	if o.Kind == store.KindAnchor {
		r, err := n.client.Anchor(ctx, at.Hash, n.config.Chains[0].Registry, o.Root)
		return r.Timestamp != 0, "", err
	}
	r, err := n.client.Issuer(ctx, at.Hash, n.config.Chains[0].Registry, o.Issuer)
	if err != nil {
		return false, "", err
	}
	there, overtaken = statementEffect(o, r)
	return there, overtaken, nil
}

// statementEffect is [Node.effect] of a statement, given the issuer's record.
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
func (n *Node) do(ctx context.Context, s step, o *store.Operation, v *view) error {
	log := n.log.With("operation", o.Number, "kind", string(o.Kind), "subject", subject(o))
	now := time.Now().UnixMilli()
	switch s {
	case stepIntend:
		return n.intend(ctx, o, v)

	case stepSign:
		a := o.Newest()
		raw, hash, err := n.config.Chains[0].Key.SignTransaction(ctx, n.transaction(a))
		if err != nil {
			return err
		}
		a.Raw, a.Hash = raw, hash
		if s := State(o.State); s == Accepted || s == Batched {
			setState(o, Broadcast, now)
		}
		if err := n.put(o, "signed"); err != nil {
			return err
		}
		// Sent at once: had the process died here, the next look would find it unknown.
		return n.send(ctx, o)

	case stepSend:
		return n.send(ctx, o)

	case stepMined:
		setState(o, Mined, now)
		o.Block = store.Block{}
		if r := v.receipt(true); r != nil {
			o.Block = store.Block{Number: r.Block.Number, Hash: r.Block.Hash}
		} else if o.Kind == store.KindAnchor {
			// By somebody else, or by a transaction of ours that this folder has lost.
			record, err := n.client.Anchor(ctx, v.head.Hash, n.config.Chains[0].Registry, o.Root)
			if err != nil {
				return err
			}
			o.Block = store.Block{Number: record.BlockNumber}
		}
		log.Info("mined", "block", o.Block.Number)
		return n.put(o, "mined")

	case stepBack:
		log.Warn("reorganised away; it is sent again", "block", o.Block.Number, "blockHash", o.Block.Hash.String())
		o.Block = store.Block{}
		setState(o, Batched, now)
		if transaction(o) != nil {
			setState(o, Broadcast, now)
		}
		return n.put(o, "back")

	case stepFinish:
		return n.finish(ctx, o, v)

	case stepFail:
		o.Reason = v.overtaken
		if o.Reason == "" {
			o.Reason = "its transaction was mined and reverted"
		}
		setState(o, Failed, now)
		log.Warn("failed", "reason", o.Reason)
		return n.put(o, "failed")

	case stepRelease:
		nonce, account := o.Newest().Nonce, n.config.Chains[0].Key.Address()
		counter, err := n.store.NextNonce(account)
		if err != nil {
			return disk(err)
		}
		if counter != nonce+1 && nonce >= v.nonce {
			return n.do(ctx, stepSign, o, v) // a later nonce is out, and this one may not be left out
		}
		o.Attempts = o.Attempts[:len(o.Attempts)-1]
		err = n.store.Update(func(tx *store.Tx) error {
			if counter == nonce+1 {
				return errors.Join(tx.PutOperation(o), tx.SetNextNonce(account, nonce))
			}
			return tx.PutOperation(o)
		})
		log.Info("an intent is not needed any more", "nonce", nonce)
		return disk(err)

	case stepClose:
		o.Closed = true
		return n.put(o, "closed")
	}
	return nil
}

func setState(o *store.Operation, s State, now int64) {
	if o.State != string(s) {
		o.State, o.Since = string(s), now
	}
}

// put writes an operation and tells who waits for it.
func (n *Node) put(o *store.Operation, step string) error {
	if err := n.store.Update(func(tx *store.Tx) error { return tx.PutOperation(o) }); err != nil {
		return disk(err)
	}
	n.hook(step)
	n.changes.notify()
	return nil
}

// transaction is the unsigned transaction of an attempt.
func (n *Node) transaction(a *store.Attempt) chain.Transaction {
	return chain.Transaction{
		Chain: n.id.Chain, Nonce: a.Nonce, Gas: a.Gas, To: n.config.Chains[0].Registry, Calldata: a.Calldata,
		Fees: chain.Fees{Tip: new(big.Int).SetBytes(a.Tip), Cap: new(big.Int).SetBytes(a.FeeCap)},
	}
}

// intend chooses nonce, gas and fees of a transaction and writes them down. The
// nonce is taken from the counter in the same write: it is this node's, so nobody
// else's transaction is expected to use it, and none is left out.
func (n *Node) intend(ctx context.Context, o *store.Operation, v *view) error {
	account := n.config.Chains[0].Key.Address()
	calldata := calldata(o)
	gas, err := n.client.EstimateGas(ctx, account, n.config.Chains[0].Registry, calldata)
	var refused *chain.RevertError
	if errors.As(err, &refused) && o.Kind != store.KindAnchor {
		o.Reason = refused.Reason
		setState(o, Failed, time.Now().UnixMilli())
		n.log.Warn("the registry refuses a statement", "subject", subject(o), "reason", o.Reason)
		return n.put(o, "failed")
	}
	if err != nil {
		return err
	}
	fees, err := n.fees(ctx)
	if err != nil {
		return err
	}
	a := store.Attempt{
		Gas: gas + gas/4, Tip: fees.Tip.Bytes(), FeeCap: fees.Cap.Bytes(), Calldata: calldata, At: time.Now().UnixMilli(),
	}
	err = n.store.Update(func(tx *store.Tx) error {
		counter, err := n.store.NextNonce(account)
		if err != nil {
			return err
		}
		if counter < v.nonce && counter > 0 {
			n.log.Warn("another program uses this node's account", "account", account.String(), "nonce", counter, "chain", v.nonce)
		}
		a.Nonce = max(counter, v.nonce)
		o.Attempts = append(o.Attempts, a)
		return errors.Join(tx.PutOperation(o), tx.SetNextNonce(account, a.Nonce+1))
	})
	if err != nil {
		return disk(err)
	}
	n.hook("intent")
	return nil
}

// fees returns what to pay within the operator's limit.
func (n *Node) fees(ctx context.Context) (chain.Fees, error) {
	fees, base, err := n.client.Fees(ctx)
	if err != nil || n.config.Chains[0].MaxFee == nil || fees.Cap.Cmp(n.config.Chains[0].MaxFee) <= 0 {
		return fees, err
	}
	if need := new(big.Int).Add(base, fees.Tip); need.Cmp(n.config.Chains[0].MaxFee) > 0 {
		return fees, fmt.Errorf("the chain asks %s wei per gas and the limit is %s: waiting for it to fall", need, n.config.Chains[0].MaxFee)
	}
	fees.Cap = n.config.Chains[0].MaxFee
	return fees, nil
}

// send hands an operation's newest transaction to the network.
func (n *Node) send(ctx context.Context, o *store.Operation) error {
	a := o.Newest()
	err := n.client.Send(ctx, a.Raw)
	n.hook("sent")
	if err != nil {
		// The network may have it all the same: the next look says.
		return fmt.Errorf("send transaction %s with nonce %d: %w", a.Hash, a.Nonce, err)
	}
	n.log.Info("sent", "subject", subject(o), "transaction", a.Hash.String(), "nonce", a.Nonce, "gas", a.Gas,
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
func (n *Node) finish(ctx context.Context, o *store.Operation, v *view) error {
	now := time.Now().UnixMilli()
	evidence := make(map[[20]byte]*store.Evidence)
	if o.Kind == store.KindAnchor {
		b, err := n.store.Batch(o.Batch)
		if err != nil {
			return disk(err)
		}
		issuers, err := n.store.Issuers(&b)
		if err != nil {
			return disk(err)
		}
		if evidence, err = n.fetchEvidence(ctx, v.final, b.Root, issuers); err != nil {
			return fmt.Errorf("evidence at block %d: %w", v.final.Number, err)
		}
		n.hook("evidence")
	}
	if r := v.receipt(true); r != nil {
		o.Block = store.Block{Number: r.Block.Number, Hash: r.Block.Hash}
	}
	o.FinalAt = store.Block{Number: v.final.Number, Hash: v.final.Hash}
	setState(o, Final, now)
	err := n.store.Update(func(tx *store.Tx) error {
		for issuer, e := range evidence {
			if err := tx.PutEvidence(o.Batch, issuer, e); err != nil {
				return err
			}
		}
		return tx.PutOperation(o)
	})
	if err != nil {
		return disk(err)
	}
	n.hook("final")
	n.log.Info("final", "subject", subject(o), "block", o.Block.Number, "finalBlock", v.final.Number)
	if o.Kind == store.KindAnchor {
		n.health.setEvidence(time.Now())
	}
	n.changes.notify()
	return nil
}
