package chain

import (
	"errors"
	"fmt"
	"testing"
)

// A server that tells of high fees does not get them paid while another one says
// otherwise, and one that says nothing holds nothing up.
func TestFeesOfSeveralServers(t *testing.T) {
	headers := branch(10, 0, "")
	says := func(gwei int64) string {
		return fmt.Sprintf(`{"baseFeePerGas":["0x1","0x%x"],"reward":[["0x%x"]]}`, gwei*1e9, gwei*1e9)
	}
	for name, x := range map[string]struct {
		answers []string
		want    int64 // gwei of base fee and tip
	}{
		"one":               {[]string{says(3)}, 3},
		"a liar first":      {[]string{says(1_000_000), says(3)}, 3},
		"a liar last":       {[]string{says(3), says(1_000_000)}, 3},
		"two honest ones":   {[]string{says(1_000_000), says(3), says(4)}, 4},
		"a low one":         {[]string{says(1), says(3), says(4)}, 3},
		"silence, an error": {[]string{"null", `{"error":{"code":-32000,"message":"busy"}}`, says(5)}, 5},
	} {
		var servers []*ethServer
		for _, a := range x.answers {
			s := startEth(t, headers, 8)
			s.answers["eth_feeHistory"] = a
			servers = append(servers, s)
		}
		c, _ := dialAll(t, servers...)
		fees, base, err := c.Fees(t.Context())
		if err != nil || base.Int64() != x.want*1e9 || fees.Tip.Int64() != x.want*1e9 || fees.Cap.Int64() != 3*x.want*1e9 {
			t.Errorf("%s: %v, base fee %v, %v", name, fees, base, err)
		}
	}
	a, b := startEth(t, headers, 8), startEth(t, headers, 8)
	a.fault, b.fault = status(500), status(502)
	c, _ := dialAll(t, a, b)
	if _, _, err := c.Fees(t.Context()); !errors.Is(err, ErrOutage) {
		t.Errorf("nobody answers: %v", err)
	}
}
