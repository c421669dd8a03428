package chain

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Contracts in answers: the zero address, which tests take for the registry, and another one.
const (
	none    = "0x0000000000000000000000000000000000000000"
	another = "0x0000000000000000000000000000000000000009"
)

// word is a number as the data and the topics of an event have it.
func word(n int) string { return common.BigToHash(big.NewInt(int64(n))).Hex() }

// retiredLog is a server's log of a retirement from second 7 on.
func retiredLog(issuer byte, block, index int, contract string) string {
	return fmt.Sprintf(`{"address":"%s","topics":["%s","%s"],"data":"%s","blockNumber":"0x%x","blockHash":"%s",`+
		`"transactionHash":"%s","logIndex":"0x%x","removed":false}`, contract, topic("Retired(address,uint64)").Hex(),
		word(int(issuer)), word(7), block, word(block), word(99), index)
}

func TestEvents(t *testing.T) {
	headers := branch(20, 0, "")
	s := startEth(t, headers, 8)
	c, _ := dialAll(t, s)
	answer := func(logs ...string) ([]Event, error) {
		s.set(func(s *ethServer) { s.answers["eth_getLogs"] = "[" + strings.Join(logs, ",") + "]" })
		return c.Events(t.Context(), verifier.Address{}, 5, 9)
	}
	later, earlier := retiredLog(1, 9, 0, none), retiredLog(2, 6, 3, none)
	unknown := strings.Replace(retiredLog(3, 7, 0, none), topic("Retired(address,uint64)").Hex(), word(1), 1)
	events, err := answer(later, unknown, earlier, later)
	if err != nil || len(events) != 2 {
		t.Fatalf("%v, %v", events, err)
	}
	want := Event{
		Kind: Retired, Number: 6, Hash: merkle.Hash(common.HexToHash(word(6))), Index: 3,
		Transaction: merkle.Hash(common.HexToHash(word(99))), Issuer: verifier.Address{19: 2}, From: 7,
	}
	if events[0] != want || events[1].Issuer != (verifier.Address{19: 1}) {
		t.Errorf("got %+v", events)
	}
	for name, log := range map[string]string{
		"no block":       strings.Replace(later, `"blockNumber":"0x9",`, "", 1),
		"no block hash":  strings.Replace(later, `"blockHash":"`+word(9)+`",`, "", 1),
		"too few topics": strings.Replace(later, `,"`+word(1)+`"]`, "]", 1),
		"too much data":  strings.Replace(later, word(7), word(7)+"00", 1),
		"removed":        strings.Replace(later, `"removed":false`, `"removed":true`, 1),
		"two hashes":     later + "," + strings.Replace(retiredLog(1, 9, 1, none), word(9), word(8), 1),
	} {
		if events, err := answer(log); !errors.Is(err, ErrLie) {
			t.Errorf("%s: %v, %v", name, events, err)
		}
	}
	// That a server knows of no events in blocks that it has not got means nothing.
	s.set(func(s *ethServer) { s.answers["eth_getLogs"] = "[]" })
	if events, err := c.Events(t.Context(), verifier.Address{}, 5, 21); err == nil {
		t.Errorf("blocks that the server has not got have the events %v", events)
	}
	// The forms are those of the contract.
	of := contracts.NewAnchorRegistry().GetABI().Events
	if len(of) != len(eventForms) {
		t.Errorf("the contract has %d events", len(of))
	}
	for name, event := range of {
		topics := 1
		for _, input := range event.Inputs {
			if input.Indexed {
				topics++
			}
		}
		if f, ok := eventForms[event.ID]; !ok || f.topics != topics || f.topics+f.words != 1+len(event.Inputs) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
