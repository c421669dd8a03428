package chain

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
)

// Words of servers, as of their sources.
func TestRefusals(t *testing.T) {
	headers := branch(10, 0, "")
	for text, want := range map[string]string{
		"nonce too low: next nonce 5, tx nonce 3":             "refused",
		"OldNonce, Current nonce: 9, nonce of rejected tx: 3": "refused",
		"Nonce too low":                       "refused",
		"nonce too high":                      "refused",
		"replacement transaction underpriced": "underpriced",
		"transaction underpriced: tip needed 1000000, tip permitted 1":               "underpriced",
		"transaction gas price below minimum: gas tip cap 1, minimum needed 1000000": "underpriced",
		"max fee per gas less than block base fee: address 0x00, maxFeePerGas: 1":    "underpriced",
		"ReplacementNotAllowed":                                                "underpriced",
		"FeeTooLow, MaxFeePerGas too low":                                      "underpriced",
		"Gas price below configured minimum gas price":                         "underpriced",
		"INSUFFICIENT_FUNDS: insufficient funds for gas * price + value":       "refused",
		"insufficient funds for gas * price + value: balance 0, tx cost 21000": "refused",
		"Upfront cost exceeds account balance":                                 "refused",
		"exceeds block gas limit":                                              "refused",
		"txpool is full":                                                       "refused",
		"already known":                                                        "",
		"AlreadyKnown":                                                         "",
		"ALREADY_EXISTS: already known":                                        "",
		"Known transaction":                                                    "",
		"transaction already imported":                                         "",
	} {
		s := startEth(t, headers, 8)
		s.answers["eth_sendRawTransaction"] = fmt.Sprintf(`{"error":{"code":-32000,"message":%q}}`, text)
		c, _ := dialAll(t, s)
		err := c.Send(t.Context(), []byte{1})
		var refused *RefusedError
		errors.As(err, &refused)
		isRefusal := refused != nil && refused.Underpriced == (want == "underpriced") && refused.Message == text
		if want == "" && err != nil || want != "" && (!isRefusal || errors.Is(err, ErrOutage)) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A transaction goes to all servers, and any that takes it will do.
func TestSendToAll(t *testing.T) {
	headers := branch(10, 0, "")
	raw := []byte{2, 3, 4}
	took := fmt.Sprintf(`"%s"`, merkle.Keccak256(raw))
	no := func(text string) string { return fmt.Sprintf(`{"error":{"code":-32000,"message":%q}}`, text) }
	poor := no("insufficient funds for gas * price + value")
	for name, x := range map[string]struct {
		answers []string // "down": does not answer
		want    string   // "": taken; "outage" or "refused"
	}{
		"all take it":               {[]string{took, took, took}, ""},
		"one takes it":              {[]string{no("nonce too low"), "down", took}, ""},
		"one had it":                {[]string{"down", no("already known"), poor}, ""},
		"all are down":              {[]string{"down", "down"}, "outage"},
		"one is poor, one is down":  {[]string{"down", poor}, "refused"},
		"limited":                   {[]string{no("rate limit reached")}, "outage"},
		"one says another hash":     {[]string{`"` + hash(9) + `"`, "down"}, "outage"},
		"one says nothing":          {[]string{"null", "null"}, "outage"},
		"one lies, another refuses": {[]string{`"0x12"`, no("nonce too low")}, "refused"},
	} {
		var servers []*ethServer
		for _, a := range x.answers {
			s := startEth(t, headers, 8)
			if s.answers["eth_sendRawTransaction"] = a; a == "down" {
				s.fault = status(500)
			}
			servers = append(servers, s)
		}
		c, _ := dialAll(t, servers...)
		err := c.Send(t.Context(), raw)
		var refused *RefusedError
		errors.As(err, &refused)
		switch x.want {
		case "":
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case "outage":
			if !errors.Is(err, ErrOutage) || refused != nil || strings.Contains(err.Error(), "funds") {
				t.Errorf("%s: %v", name, err)
			}
		default:
			if refused == nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for i, s := range servers {
			if n := s.count("eth_sendRawTransaction"); n != 1 && x.answers[i] != "down" {
				t.Errorf("%s: server %d was sent it %d times", name, i, n)
			}
		}
	}
}
