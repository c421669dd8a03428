package testnet

import "testing"

func needAnvil(t *testing.T) { t.Skip("anvil is not there yet") }
