package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hallmark-node/hallmark/verifier"
)

// Newest returns number and hash of the newest block that enough servers could name as
// final: a quorum has finality up to there. Whether they agree on its hash [Checker.Check] tells.
func (c *Checker) Newest(ctx context.Context) (number uint64, hash verifier.Hash, err error) {
	blocks, trouble := c.each(ctx, "finalized")
	if len(blocks) < c.quorum {
		return 0, verifier.Hash{}, c.tooFew(len(blocks), trouble)
	}
	slices.SortFunc(blocks, func(a, b numbered) int { return cmp.Compare(b.n, a.n) })
	at := blocks[c.quorum-1]
	return at.n, at.Hash, nil
}

// Hash returns the hash of a block by the word of one server, if a quorum has that block.
// Whether they agree, and whether it is final, [Checker.Check] tells.
func (c *Checker) Hash(ctx context.Context, number uint64) (verifier.Hash, error) {
	blocks, trouble := c.each(ctx, "0x"+strconv.FormatUint(number, 16))
	if len(blocks) < c.quorum {
		return verifier.Hash{}, c.tooFew(len(blocks), trouble)
	}
	return blocks[0].Hash, nil
}

type numbered struct {
	*block
	n uint64
}

// each asks all servers for a block, and says of those that have none why.
func (c *Checker) each(ctx context.Context, tag string) (blocks []numbered, trouble []string) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	answers := make([]numbered, len(c.urls))
	faults := make([]error, len(c.urls))
	var wg sync.WaitGroup
	for i, u := range c.urls {
		wg.Go(func() {
			b, err := c.block(ctx, u, tag)
			if err == nil {
				answers[i].block = b
				answers[i].n, err = b.number()
			}
			if err == nil && b.Hash.IsZero() {
				err = errors.New("answers nonsense")
			}
			faults[i] = err
		})
	}
	wg.Wait()
	for i, err := range faults {
		if err != nil {
			trouble = append(trouble, fmt.Sprintf("%s %v", host(c.urls[i]), err))
			continue
		}
		blocks = append(blocks, answers[i])
	}
	return blocks, trouble
}

func (c *Checker) tooFew(n int, trouble []string) error {
	return fmt.Errorf("%d of %d RPC servers answer, %d are needed: %s", n, len(c.urls), c.quorum, strings.Join(trouble, "; "))
}
