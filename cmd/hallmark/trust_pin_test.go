package main

import "testing"

// Names by which servers call themselves.
func TestIsDevTool(t *testing.T) {
	for software, want := range map[string]bool{
		"anvil/v1.0.0": true,
		"Anvil":        true,
		"HardhatNetwork/2.22.4/@ethereumjs/util/9.0.3/edr": true,
		"EthereumJS TestRPC/v2.13.2/ethereum-js":           true,
		"Ganache/v7.9.1/EthereumJS TestRPC/v7.9.1":         true,
		"Geth/dev/v1.14.0-stable/linux-amd64/go1.22":       true,
		"geth-dev/v1.14.0":                                 true,

		"":                                    false,
		"Geth/v1.14.0-stable/linux-amd64":     false,
		"Geth/v1.14.0-unstable/linux-amd64":   false,
		"Geth/devon-node/v1.14.0":             false,
		"reth/v1.1.0-1ba631b/x86_64-unknown":  false,
		"Nethermind/v1.29.0+aa/linux-x64":     false,
		"erigon/2.60.0/linux-amd64/go1.21.5":  false,
		"besu/v24.1.0/linux-x86_64/openjdk":   false,
		"OpenEthereum//v3.3.5-stable-6c2d392": false,
	} {
		if got := isDevTool(software); got != want {
			t.Errorf("%q: %t, want %t", software, got, want)
		}
	}
}
