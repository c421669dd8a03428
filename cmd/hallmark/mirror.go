package main

import (
	"os"
	"runtime/debug"
	"slices"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/mirror"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
)

// A mirror is to run on a small machine: so much of the store it keeps in memory, and beyond so much
// in all it rather collects garbage. A submission of a million leaves takes 100 MB while it is verified.
const (
	mirrorCache  = 64 << 20
	mirrorMemory = 192 << 20
)

// mirrorSettings are the settings of a node that a mirror has too.
var mirrorSettings = []string{
	"data", "store", "store-file", "blobs", "listen", "url", "disk-reserve", "evidence-age", "rate", "proxies",
	"ops-password", "verify-api", "drain", "log-format", "log-level",
	"chain", "rpc", "rpc-file", "beacon", "witness", "registry", "confirmations", "poll",
}

func mirrorCommand() *cli.Command {
	return command("mirror", "", "keep alive what others have published: serve its proofs without their node",
		"Reads in the registry's log which batches and status lists there are, fetches their blocks\n"+
			"from anywhere, checks everything against the chain, and serves the same proofs as the node\n"+
			"that published them, with fresh evidence. It needs no key, and takes no submissions.\n\n"+
			"Sources of blocks are not trusted: nodes and other mirrors, IPFS gateways, web servers, CAR\n"+
			"files (hallmark export writes them) and folders. One that sends something wrong is named in\n"+
			"the log and not asked again. What nobody has is named in the log, and tried again.\n"+
			"Started again on the same folder it goes on where it was.",
		runMirror,
		mirrorFlags(),
		texts("from", "`SOURCE` of blocks: URL, CAR file or folder; again for further ones"),
		withDefault("from-block", "begin at the block with this `NUMBER`: what was anchored before is not looked for", "0"))
}

func mirrorFlags() flags {
	return slices.DeleteFunc(nodeFlags(), func(f cli.Flag) bool {
		return f.Names()[0] != "config" && !slices.Contains(mirrorSettings, f.Names()[0])
	})
}

func runMirror(c *cli.Context) error {
	node, chains, err := readSettings(c)
	if err != nil {
		return err
	}
	service, err := newService(c, node)
	if err != nil {
		return err
	}
	config, err := mirrorConfig(c, node, chains)
	if err != nil {
		return err
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(mirrorMemory)
	}
	return openAndServe(c, node, service, config, "--registry names the registry that is mirrored, --rpc a server of its chain")
}

// mirrorConfig turns settings into what the mirror takes.
func mirrorConfig(c *cli.Context, node settings, chains []settings) (config anchor.Config, err error) {
	where, err := locationOf(node)
	if err != nil {
		return config, err
	}
	config.Data = where.data
	if len(chains) != 1 {
		return config, run.Usagef("a mirror is of one chain, and the configuration has %d: run one for each", len(chains))
	}
	one, err := chainConfig(chains[0])
	if err != nil {
		return config, err
	}
	config.Chains, config.Cache = []anchor.ChainConfig{one}, mirrorCache
	from := slices.DeleteFunc(slices.Clone(c.StringSlice("from")), func(s string) bool { return s == "" })
	if len(from) == 0 {
		return config, run.Hint(run.Usagef("--from is needed"),
			"it names a node, a gateway, a CAR file or a folder that has the published blocks")
	}
	block, err := strconv.ParseUint(c.String("from-block"), 10, 63)
	if err != nil {
		return config, run.Usagef("--from-block: %q is not the number of a block", c.String("from-block"))
	}
	config.Mirror = &mirror.Config{From: from, FromBlock: block}
	reserve, ok := parseSize(node.text("disk-reserve"))
	if config.DiskReserve = reserve; !ok {
		return config, notASize(node, "disk-reserve")
	}
	return config, node.duration("evidence-age", &config.EvidenceAge)
}
