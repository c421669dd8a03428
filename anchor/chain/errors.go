package chain

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
	"github.com/hallmark-node/hallmark/merkle"
)

// What a caller decides on. Any other error says that servers answer and cannot
// do what was asked of them.
var (
	// ErrOutage says that nothing could be learned: no answer, a limit, an answer
	// cut short, or one that makes no sense. Try again later.
	ErrOutage = endpoint.ErrOutage

	// ErrWrongChain says that every server answers, and each reports another chain
	// than the one expected.
	ErrWrongChain = errors.New("the RPC servers report another chain")

	// ErrLie says that an answer contradicts itself or what proves it. It is an
	// ErrOutage too: another server may tell the truth.
	ErrLie = fmt.Errorf("%w: an answer that does not hold", ErrOutage)
)

// RefusedError says that a server has read a transaction and does not want it. It
// proves nothing about the chain: the same transaction may have been mined before.
type RefusedError struct {
	Underpriced bool   // its fees are below what the server demands, or what replaces another
	Server      string // host
	Message     string // the server's own words
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("RPC server %s refuses the transaction: %s", e.Server, e.Message)
}

// underpriced are the words of go-ethereum, Erigon, Nethermind, Besu, Reth and anvil for too
// low fees. Compared in lower case, without blanks.
var underpriced = []string{
	"underpriced", "couldnotreplaceexistingtx", "replacementnotallowed", "feetoolow", "gaspricebelow", "lessthanblockbasefee",
	"maxfeepergastoolow",
}

// alreadySent are the messages for a transaction that the server has already.
var alreadySent = []string{"alreadyknown", "alreadyimported", "knowntransaction", "alreadyexists", "alreadyinpool"}

// sendOutcome reads the error of a sent transaction: nil if the server has it.
func sendOutcome(err error, server string) error {
	var answer *endpoint.AnswerError
	if !errors.As(err, &answer) {
		return err
	}
	text := endpoint.Squeeze(answer.Message)
	says := func(word string) bool { return strings.Contains(text, word) }
	if slices.ContainsFunc(alreadySent, says) {
		return nil
	}
	return &RefusedError{slices.ContainsFunc(underpriced, says), server, answer.Message}
}

// DisagreementError says that two servers show different blocks for one number, of
// which one is final by the policy; the second hash is zero where all others have
// no such block yet. Nothing is final until they agree.
type DisagreementError struct {
	Number  uint64
	Servers [2]string // hosts
	Hashes  [2]merkle.Hash
}

func (e *DisagreementError) Error() string {
	if e.Hashes[1].IsZero() {
		return fmt.Sprintf("block %d is final at %s as %s, and %s and all others are not even that far; nothing is taken as final until they are",
			e.Number, e.Servers[0], e.Hashes[0], e.Servers[1])
	}
	return fmt.Sprintf("the RPC servers disagree about block %d: %s has %s, %s has %s; "+
		"nothing is taken as final until they agree, or one is removed", e.Number, e.Servers[0], e.Hashes[0], e.Servers[1], e.Hashes[1])
}

// lieError is an [ErrLie]: the reason.
type lieError string

func (e lieError) Error() string        { return string(e) }
func (e lieError) Is(target error) bool { return target == ErrLie || target == ErrOutage }
