package main

import (
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/beaconsim"
)

func testnetCommand() *cli.Command {
	return command("testnet", "", "run a test chain with the registry and funded accounts until interrupted",
		"Prints {\"rpc\",\"chainId\",\"registry\",\"accounts\":[{\"address\",\"privateKey\"}]} once the chain\n"+
			"can be used. The accounts' keys are public knowledge: never use them elsewhere.\n"+
			"A block is safe once another is built on it and finalized after two.\n\n"+
			"With --beacon a stand-in for a beacon chain serves light clients beside it, at the URL\n"+
			"\"beacon\": 512 generated validators sign what is final on the chain, each block in a\n"+
			"slot of its own. With a short --beacon-period their committees change while you watch.",
		runTestnet,
		withDefault("listen", "serve JSON-RPC at `HOST:PORT`; port 0 picks a free one", "127.0.0.1:0"),
		withDefault("backend", "`NAME` of the chain: geth (inside this program) or anvil", testnet.BackendGeth),
		flags{&cli.Uint64Flag{Name: "chain-id", Usage: "`NUMBER` of the chain; give another to run several", Value: testnet.DefaultChainID}},
		withDefault("block-time", "make a block every so many seconds (`TIME`); "+
			"0: one for each transaction, and none becomes final by itself", "1s"),
		toggle("beacon", "run a stand-in for a beacon chain beside it, whose Beacon API is at the URL \"beacon\""),
		flags{&cli.Uint64Flag{
			Name: "beacon-period", Usage: "with --beacon: a sync committee serves `NUMBER` blocks, 8 to 65536", DefaultText: "8192, as on Ethereum",
		}},
		text("out", "also write the JSON to `FILE`, all at once"))
}

func runTestnet(c *cli.Context) error {
	blockTime, err := parsed(c, "block-time", parseDuration)
	if err != nil {
		return err
	}
	if blockTime%time.Second != 0 {
		return run.Usagef("--block-time: a block's time is in whole seconds, not %s", blockTime)
	}
	backend := c.String("backend")
	if backend != testnet.BackendGeth && backend != testnet.BackendAnvil {
		return run.Usagef("--backend is geth or anvil, not %q", backend)
	}
	if c.Uint64("chain-id") == 0 {
		return run.Usagef("--chain-id: no chain has the number 0")
	}
	period := c.Uint64("beacon-period")
	switch {
	case c.IsSet("beacon-period") && !c.Bool("beacon"):
		return run.Usagef("--beacon-period goes with --beacon")
	case c.IsSet("beacon-period") && (period < beaconsim.MinPeriod || period > beaconsim.MaxPeriod):
		return run.Usagef("--beacon-period is %d to %d blocks, not %d", beaconsim.MinPeriod, beaconsim.MaxPeriod, period)
	}
	// The chain outlives the signal for as long as it takes to close it in order.
	chain, err := testnet.Start(c.Context, testnet.Config{
		Backend: backend, Listen: c.String("listen"), BlockTime: blockTime, ChainID: c.Uint64("chain-id"),
		Beacon: c.Bool("beacon"), BeaconPeriod: period,
	})
	if err != nil {
		return err
	}
	defer func() { _ = chain.Close() }() // a second time where all went well
	if path := c.String("out"); path != "" {
		if err := chain.WriteFile(path); err != nil {
			return err
		}
		say(c, "wrote %s", path)
	}
	resultJSON(c, chain)
	if err := run.Failed(c.App.Writer); err != nil {
		return err
	}
	say(c, "chain %d is at %s until you interrupt this", chain.ChainID, chain.RPC)
	<-c.Context.Done()
	return chain.Close()
}
