package verifier_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

const goodTrust = `{
  "hallmarkTrust": 1,
  "chains": {
    "eip155:31337": {
      "name": "devnet",
      "test": true,
      "genesis": "0x1111111111111111111111111111111111111111111111111111111111111111",
      "registries": [
        "0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa"
      ],
      "blocks": {
        "1234": "0x2222222222222222222222222222222222222222222222222222222222222222"
      },
      "beacon": {
        "network": {
          "name": "devnet",
          "genesisValidatorsRoot": "0x3333333333333333333333333333333333333333333333333333333333333333",
          "genesisTime": 1780000000,
          "secondsPerSlot": 1,
          "slotsPerEpoch": 8,
          "epochsPerPeriod": 8,
          "committeeSize": 32,
          "rootsPerSummary": 64,
          "forks": [
            {
              "name": "electra",
              "epoch": 0,
              "version": "0x05000001"
            }
          ]
        },
        "committees": {
          "7": {
            "root": "0x4444444444444444444444444444444444444444444444444444444444444444",
            "origin": "a beacon node",
            "date": "2026-11-29"
          }
        },
        "summaries": [
          {
            "root": "0x5555555555555555555555555555555555555555555555555555555555555555"
          }
        ]
      },
      "witnesses": {
        "quorum": 1,
        "keys": [
          {
            "key": "w1.example+4140d3ca+BM7MFQfcHd1ylZUcKQiI8JWtuQRNG3PWlubfBl1oO9T8",
            "notAfter": 1900000000
          }
        ]
      },
      "successor": {
        "chain": "eip155:1",
        "since": 1790000000
      }
    }
  },
  "issuers": {
    "0x49Cfb033c4718d08ac39105e1c2B298CC618e6a4": {
      "name": "Example University",
      "ids": [
        "did:web:uni.example"
      ],
      "homes": [
        "eip155:31337:0x00000000000000000000000000000000000000AA"
      ],
      "notBefore": 0,
      "notAfter": 1800000000
    }
  }
}
`

func TestTrustRoundTrip(t *testing.T) {
	trust, err := parseTrust([]byte(goodTrust))
	if err != nil {
		t.Fatal(err)
	}
	got, err := trust.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != goodTrust {
		t.Errorf("written as\n%s", got)
	}
	c := trust.Chains[31337]
	if c == nil || !c.Test || c.Name != "devnet" || c.Successor != (verifier.Successor{Chain: 1, Since: 1790000000}) ||
		c.Blocks[1234] != merkle.Hash([]byte(strings.Repeat("\x22", 32))) {
		t.Errorf("read as %+v", c)
	}
}

// What is built in of a public chain's beacon chain stays beside what the file says of it.
func TestTrustBeacon(t *testing.T) {
	built := (*verifier.Trust)(nil).Beacon(1)
	genesis := (*verifier.Trust)(nil).WithDefaults().Chains[1].Genesis
	own := verifier.TrustedRoot{Root: verifier.Hash{7}, Origin: "own"}
	with := func(c *verifier.TrustedChain) *verifier.TrustedBeacon {
		return (&verifier.Trust{Chains: map[verifier.ChainID]*verifier.TrustedChain{1: c}}).Beacon(1)
	}
	if b := with(&verifier.TrustedChain{Genesis: genesis}); len(b.Committees) != len(built.Committees) || b.Network != built.Network {
		t.Errorf("an entry that says nothing of it: %+v", b)
	}
	b := with(&verifier.TrustedChain{Genesis: genesis, Beacon: &verifier.TrustedBeacon{
		Committees: map[uint64]verifier.TrustedRoot{1778: own, 1800: own}, Summaries: []verifier.TrustedRoot{own},
	}})
	if len(b.Committees) != len(built.Committees)+1 || b.Committees[1778] != own || b.Committees[1777] != built.Committees[1777] ||
		len(b.Summaries) != len(built.Summaries)+1 || b.Summaries[0] != own || b.Network != built.Network {
		t.Errorf("committees of its own: %+v", b)
	}
	if again := (*verifier.Trust)(nil).Beacon(1); again.Committees[1778] == own || len(again.Summaries) != len(built.Summaries) {
		t.Errorf("what is built in has changed: %+v", again)
	}
	network := *built.Network
	b = with(&verifier.TrustedChain{Genesis: genesis, Beacon: &verifier.TrustedBeacon{Network: &network}})
	if len(b.Committees) != 0 || len(b.Summaries) != 0 || b.Network != &network {
		t.Errorf("a network of its own: %+v", b)
	}
	if b := with(&verifier.TrustedChain{Genesis: verifier.Hash{1}}); b != nil {
		t.Errorf("another chain with the number of Ethereum: %+v", b)
	}
}

func TestTrustRefuses(t *testing.T) {
	replace := func(old, now string) string {
		if !strings.Contains(goodTrust, old) {
			panic("the store does not hold " + old)
		}
		return strings.Replace(goodTrust, old, now, 1)
	}
	issuer := `"0x49Cfb033c4718d08ac39105e1c2B298CC618e6a4"`
	for name, bad := range map[string]string{
		"empty":                      "",
		"array":                      "[]",
		"version missing":            replace(`"hallmarkTrust": 1,`, ``),
		"newer version":              replace(`"hallmarkTrust": 1,`, `"hallmarkTrust": 2,`),
		"unknown member":             replace(`"issuers"`, `"publishers"`),
		"misspelt member of a chain": replace(`"test": true`, `"Test": true`),
		"duplicate member":           replace(`"test": true`, `"test": true, "test": false`),
		"null":                       replace(`"test": true`, `"test": null`),
		"test as text":               replace(`"test": true`, `"test": "true"`),
		"chain without genesis":      replace(`"genesis": "0x1111111111111111111111111111111111111111111111111111111111111111",`, ``),
		"zero genesis": replace("0x1111111111111111111111111111111111111111111111111111111111111111",
			"0x0000000000000000000000000000000000000000000000000000000000000000"),
		"short hash":                  replace("0x2222222222222222222222222222222222222222222222222222222222222222", "0x22"),
		"block number in hex":         replace(`"1234"`, `"0x4d2"`),
		"block number with a zero":    replace(`"1234"`, `"01234"`),
		"negative block number":       replace(`"1234"`, `"-1"`),
		"chain of another name space": replace(`"eip155:31337"`, `"cosmos:1"`),
		"registry with a typo":        replace("0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa", "0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3Aa"),
		"issuer with a typo":          replace("0x49Cfb033c4718d08ac39105e1c2B298CC618e6a4", "0x49Cfb033c4718d08ac39105e1c2B298CC618e6A4"),
		"an issuer twice": replace(issuer, strings.ToLower(issuer)+`: {"name":"Someone else","ids":["*"],"notBefore":0,`+
			`"notAfter":0}, `+issuer),
		"a quorum of two of one":   replace(`"quorum": 1`, `"quorum": 2`),
		"a quorum of none":         replace(`"quorum": 1`, `"quorum": 0`),
		"key of a witness changed": replace("BM7MFQ", "BM7MFR"),
		"key of a log":             replace("+BM7MFQ", "+AM7MFQ"),
		"period with a zero":       replace(`"7": {`, `"07": {`),
		"committee without a root": replace(`"root": "0x4444444444444444444444444444444444444444444444444444444444444444",`, ``),
		"slots of no time":         replace(`"secondsPerSlot": 1`, `"secondsPerSlot": 0`),
		"committee of 33":          replace(`"committeeSize": 32`, `"committeeSize": 33`),
		"network without forks":    replace(`"epoch": 0,`, `"epoch": 1,`),
		"its own successor":        replace(`"eip155:1"`, `"eip155:31337"`),
		"no homes":                 replace(`"eip155:31337:0x00000000000000000000000000000000000000AA"`, ``),
		"home without a chain":     replace(`"eip155:31337:0x`, `"0x`),
		"home with a typo": replace("eip155:31337:0x00000000000000000000000000000000000000AA",
			"eip155:31337:0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3Aa"),
		"home as a number": replace(`"eip155:31337:0x00000000000000000000000000000000000000AA"`, `31337`),
		"successor without since": replace(`"chain": "eip155:1",
        "since": 1790000000`, `"chain": "eip155:1"`),
		"successor since never":   replace(`"since": 1790000000`, `"since": 0`),
		"successor without chain": replace(`"chain": "eip155:1",`, ``),
		"successor as text": strings.Replace(goodTrust,
			"{\n        \"chain\": \"eip155:1\",\n        \"since\": 1790000000\n      }", `"eip155:1"`, 1),
		"negative time":          replace("1800000000", "-1"),
		"time as fraction":       replace("1800000000", "1.8e9"),
		"trailing data":          goodTrust + "x",
		"deep nesting":           replace(`"name": "devnet"`, `"name": `+strings.Repeat("[", 1000)+strings.Repeat("]", 1000)),
		"more forks than can be": replace(`"epoch": 0`, `"epoch": 1`),
		"a committee of 31":      replace(`"committeeSize": 32`, `"committeeSize": 31`),
		"half a network":         replace(`          "slotsPerEpoch": 8,`, ``),
		"period as text":         replace(`"7"`, `"seven"`),
		"committee without root": replace(`"root": "0x4444444444444444444444444444444444444444444444444444444444444444",`, ``),
		"quorum of none":         replace(`"quorum": 1`, `"quorum": 0`),
		"quorum of more":         replace(`"quorum": 1`, `"quorum": 2`),
		"a witness without key":  replace(`w1.example+`, `+`),
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			if _, err := parseTrust([]byte(bad)); !errors.Is(err, verifier.ErrNotTrust) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTrustAcceptsLowerCaseAddresses(t *testing.T) {
	trust, err := parseTrust([]byte(strings.ReplaceAll(goodTrust, "0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa",
		"0x7ab49bc95cb10c121f6afa6805ee7eb392b1a3aa")))
	if err != nil {
		t.Fatal(err)
	}
	if trust, err := parseTrust([]byte(strings.ReplaceAll(goodTrust, "00AA", "00aa"))); err != nil ||
		trust.Issuers[mustParse(t, "0x49Cfb033c4718d08ac39105e1c2B298CC618e6a4")].Homes[0].Registry != addr(0xaa) {
		t.Errorf("a home in lower case: %v", err)
	}
	if got := trust.Chains[31337].Registries; len(got) != 1 || got[0] != verifier.RegistryAddress {
		t.Errorf("registries %v", got)
	}
}

func mustParse(t *testing.T, s string) verifier.Address {
	t.Helper()
	a, err := verifier.ParseAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestWithDefaultsKeepsTheStore(t *testing.T) {
	own := &verifier.TrustedChain{Name: "mine", Genesis: merkle.Hash{1}}
	trust := &verifier.Trust{Chains: map[verifier.ChainID]*verifier.TrustedChain{1: own}}
	merged := trust.WithDefaults()
	if merged.Chains[1] != own {
		t.Error("a default replaced what the store says")
	}
	if len(trust.Chains) != 1 {
		t.Error("the store itself was changed")
	}
}

func TestEffectiveChain(t *testing.T) {
	chain := func(successor verifier.ChainID) *verifier.TrustedChain {
		return &verifier.TrustedChain{Successor: verifier.Successor{Chain: successor, Since: 1}}
	}
	trust := &verifier.Trust{Chains: map[verifier.ChainID]*verifier.TrustedChain{
		1: chain(2), 2: chain(3), 3: chain(0), 5: chain(6),
		7: chain(8), 8: chain(7),
	}}
	for home, want := range map[verifier.ChainID]verifier.ChainID{1: 3, 2: 3, 3: 3, 4: 4, 5: 6} {
		if got := trust.EffectiveChain(home); got != want {
			t.Errorf("%s decides for %s, want %s", got, home, want)
		}
	}
	trust.EffectiveChain(7) // a circle ends
}

func TestMergeStatusItems(t *testing.T) {
	item := func(id, code byte) verifier.StatusItem { return verifier.StatusItem{ID: merkle.Hash{id}, Code: code} }
	a := []verifier.StatusItem{item(1, 2), item(3, 1), item(4, 2), item(9, 1)}
	b := []verifier.StatusItem{item(2, 1), item(3, 2), item(4, 1)}
	want := []verifier.StatusItem{item(1, 2), item(2, 1), item(3, 2), item(4, 2), item(9, 1)}
	if got := verifier.MergeStatusItems(a, b); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if got := verifier.MergeStatusItems(b, a); !slices.Equal(got, want) {
		t.Errorf("the other way round: %v", got)
	}
	if got := verifier.MergeStatusItems(nil, nil); got == nil || len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
