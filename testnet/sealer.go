package testnet

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/eth"
	"github.com/ethereum/go-ethereum/miner"
)

// sealer stands in for the consensus layer of a go-ethereum node: it decides
// when there is a block, which branch is canonical, and what is safe and final.
// (go-ethereum's own SimulatedBeacon finalizes each 32nd block only, and cannot
// replace blocks without first taking the head back.)
//
// Invariant: outside of mu the head, `safe` and `finalized` agree with epoch, and
// `finalized` only moves forward.
type sealer struct {
	eth   *eth.Ethereum
	epoch uint64
	log   *slog.Logger

	mu     sync.Mutex // held while blocks are made
	offset uint64     // seconds by which the chain's clock is ahead of the wall clock

	life context.Context // ends with stop
	end  context.CancelFunc
	done sync.WaitGroup
}

// startSealer marks the genesis block final and starts making blocks as the
// configuration says. Call stop before the node is closed.
func startSealer(service *eth.Ethereum, config Config) *sealer {
	s := &sealer{eth: service, epoch: uint64(config.Epoch), log: config.Log}
	s.life, s.end = context.WithCancel(context.Background())
	s.markFinal()
	if config.BlockTime > 0 {
		s.done.Go(func() { s.sealOnTimer(config.BlockTime) })
		return s
	}
	// Two goroutines: the pool blocks until its events are taken, and making a
	// block waits for the pool.
	wake := make(chan struct{}, 1)
	events := make(chan core.NewTxsEvent, 64)
	subscription := service.TxPool().SubscribeTransactions(events, true)
	s.done.Go(func() {
		defer subscription.Unsubscribe()
		for {
			select {
			case <-s.life.Done():
				return
			case <-events:
				select {
				case wake <- struct{}{}:
				default: // sealOnDemand has not yet taken up the last one
				}
			}
		}
	})
	s.done.Go(func() { s.sealOnDemand(wake) })
	return s
}

// stop ends block making and waits for it; later calls for a block fail.
func (s *sealer) stop() {
	s.end()
	s.done.Wait()
	s.mu.Lock() // waits for a call that is at it
	defer s.mu.Unlock()
}

// sealOnDemand makes blocks as long as there are transactions that fit into one.
func (s *sealer) sealOnDemand(wake <-chan struct{}) {
	for {
		select {
		case <-s.life.Done():
			return
		case <-wake:
		}
		for more := true; more && s.life.Err() == nil; {
			var err error
			if more, err = s.sealPending(); err != nil {
				s.log.Error("making a block failed", "err", err)
			}
		}
	}
}

func (s *sealer) sealOnTimer(interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-s.life.Done():
			return
		case <-ticker.C:
			if err := s.mine(context.Background(), 1); err != nil {
				s.log.Error("making a block failed", "err", err)
			}
		}
	}
}

// sealPending makes a block of the pending transactions, and none if there is
// none that can be mined. It tells whether it made one.
func (s *sealer) sealPending() (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.eth.TxPool().Sync(); err != nil {
		return false, err
	}
	if executable, _ := s.eth.TxPool().Stats(); executable == 0 {
		return false, nil
	}
	block, err := s.build(s.eth.BlockChain().CurrentBlock(), false)
	if err != nil || len(block.Transactions()) == 0 {
		return false, err // none, if the tip or the fee cap of all is too low
	}
	return true, s.setHead(block)
}

func (s *sealer) mine(ctx context.Context, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.life.Err() != nil {
			return errClosed
		}
		// The pool follows the head on a goroutine of its own.
		if err := s.eth.TxPool().Sync(); err != nil {
			return err
		}
		block, err := s.build(s.eth.BlockChain().CurrentBlock(), false)
		if err != nil {
			return err
		}
		if err := s.setHead(block); err != nil {
			return err
		}
	}
	return nil
}

func (s *sealer) reorg(_ context.Context, depth int, forget bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life.Err() != nil {
		return errClosed
	}
	chain := s.eth.BlockChain()
	parent := chain.CurrentBlock()
	for range depth {
		if parent = chain.GetHeaderByHash(parent.ParentHash); parent == nil {
			return errors.New("the chain is shorter than that")
		}
	}
	var tip *types.Block
	for range depth + 1 {
		var err error
		if tip, err = s.build(parent, true); err != nil {
			return err
		}
		if err := s.store(tip); err != nil {
			return err
		}
		parent = tip.Header()
	}
	if err := s.setHead(tip); err != nil {
		return err
	}
	if err := s.eth.TxPool().Sync(); err != nil {
		return err
	}
	if forget {
		s.eth.TxPool().Clear()
	}
	return nil
}

func (s *sealer) advance(_ context.Context, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += uint64(d / time.Second)
	return nil
}

// build makes a block on top of parent, of the pending transactions or empty. The
// block is not stored. mu is held.
func (s *sealer) build(parent *types.Header, empty bool) (*types.Block, error) {
	args := &miner.BuildPayloadArgs{
		Parent:     parent.Hash(),
		Timestamp:  max(uint64(time.Now().Unix())+s.offset, parent.Time+1),
		BeaconRoot: new(common.Hash),
	}
	// A random prevRandao, as on mainnet; it also tells the blocks of two
	// branches apart.
	if _, err := rand.Read(args.Random[:]); err != nil {
		return nil, err
	}
	if slot := parent.Number.Uint64() + 1; s.eth.BlockChain().Config().IsAmsterdam(parent.Number, args.Timestamp) {
		args.SlotNum = &slot
	}
	block, _, err := s.eth.Miner().BuildTestingPayload(args, nil, empty, nil)
	return block, err
}

// store executes a block and keeps it; the head stays where it is.
func (s *sealer) store(block *types.Block) error {
	_, err := s.eth.BlockChain().InsertBlockWithoutSetHead(context.Background(), block, false)
	return err
}

// setHead stores a block, unless it is, and makes it the head of the canonical
// chain. mu is held.
func (s *sealer) setHead(block *types.Block) error {
	if err := s.store(block); err != nil {
		return err
	}
	if _, err := s.eth.BlockChain().SetCanonical(block); err != nil {
		return err
	}
	s.markFinal()
	return nil
}

// markFinal moves `safe` and `finalized` up with the head. mu is held, or nothing
// else has the sealer yet.
func (s *sealer) markFinal() {
	chain := s.eth.BlockChain()
	head := chain.CurrentBlock().Number.Uint64()
	behind := func(distance uint64) *types.Header {
		return chain.GetHeaderByNumber(head - min(distance, head))
	}
	chain.SetSafe(behind(s.epoch))
	final := behind(2 * s.epoch)
	if last := chain.CurrentFinalBlock(); last == nil || last.Number.Cmp(final.Number) < 0 {
		chain.SetFinalized(final)
	}
}

var errClosed = errors.New("the chain is closed")
