package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func reanchorCommand() *cli.Command {
	return command("reanchor", "[ROOT...]", "put what was anchored on one chain on another one too",
		"For a chain that dies. Anchors every batch of the chain --from, or the named roots, on the\n"+
			"chain --to, and waits until all are final there. The node must be stopped meanwhile, and the\n"+
			"chain --to must be configured; then start the node again. hallmark refresh brings the new\n"+
			"anchors into proofs. What issuers had said of their credentials is not moved: each signs it\n"+
			"again with hallmark carry.\n"+
			"The new anchors are as old as this, whatever the old ones were, and count as the home of a\n"+
			"credential only for who names the new chain as the successor in the trust store.",
		runReanchor,
		nodeFlags(),
		text("from", "the `CHAIN` that dies, as eip155:1"),
		text("to", "the `CHAIN` that takes over"),
		jsonFlag())
}

// reanchored is the machine form of what was done.
type reanchored struct {
	Added int `json:"added"`
	There int `json:"there"`
}

func runReanchor(c *cli.Context) error {
	from, err := chainFlag(c, "from")
	if err != nil {
		return err
	}
	to, err := chainFlag(c, "to")
	if err != nil {
		return err
	}
	var roots []merkle.Hash
	for _, text := range c.Args().Slice() {
		root, err := merkle.ParseHash(text)
		if err != nil {
			return run.Usagef("%q is not the root of a batch: %v", text, err)
		}
		roots = append(roots, root)
	}
	node, chains, err := readSettings(c)
	if err != nil {
		return err
	}
	config, err := nodeConfig(c, node, chains)
	if err != nil {
		return err
	}
	config.Log = slog.New(slog.NewTextHandler(c.App.ErrWriter, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := openStore(c.Context, node, &config); err != nil {
		return err
	}
	n, err := anchor.Open(c.Context, config)
	if err != nil {
		return err
	}
	done, err := reanchor(c, n, from, to, roots)
	if err := errors.Join(err, n.Close()); err != nil {
		return err
	}
	answer(c, done, "%d batches are anchored on %s, %d were there already", done.Added, to, done.There)
	hint(c, "an issuer that has said nothing on %s runs hallmark carry: silence there is not an answer", to)
	return nil
}

// reanchor runs the node until everything is final on the other chain.
func reanchor(c *cli.Context, n *anchor.Node, from, to verifier.ChainID, roots []merkle.Hash) (*reanchored, error) {
	r, err := n.Pipeline.Reanchor(c.Context, from, to, roots)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(c.Context)
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	err = awaitFinal(ctx, c, n, to)
	cancel()
	if err := errors.Join(<-ended, err); err != nil {
		return nil, err
	}
	return &reanchored{Added: r.Added, There: r.There}, nil
}

// awaitFinal waits until every batch that goes to a chain is final there, and says
// what holds it up.
func awaitFinal(ctx context.Context, c *cli.Context, n *anchor.Node, to verifier.ChainID) error {
	said := ""
	for {
		left := 0
		for after := uint64(0); ; {
			batches, err := n.Serving.Batches(ctx, after, 1000)
			if err != nil {
				return err
			}
			if len(batches) == 0 {
				break
			}
			for _, b := range batches {
				after = b.Number
				for _, s := range b.Chains {
					if s.Home.Chain == to && s.State != publish.Final {
						left++
					}
				}
			}
		}
		if left == 0 {
			return nil
		}
		// Until Run has begun the node is stopped, which holds nothing up.
		if h := n.Health(ctx); h.Fault != "" && h.Fault != said && h.Intake != publish.IntakeStopped {
			said = h.Fault
			say(c, "%d batches left: %s", left, h.Fault)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stopped with %d batches left; they are anchored by the node, or when this is repeated", left)
		case <-time.After(500 * time.Millisecond):
		}
	}
}
