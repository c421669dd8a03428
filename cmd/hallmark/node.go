package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

func nodeCommand() *cli.Command {
	return &cli.Command{
		Name:  "node",
		Usage: "run a node: take submissions, anchor them, serve proofs",
		Description: "Prints the node's URL once it takes submissions. What it has acknowledged survives a\n" +
			"crash at any moment; started again on the same folder it goes on where it was.\n" +
			"Its account pays for the transactions and must not be used by anything else.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "data", Usage: "`FOLDER` of the node's state"},
			&cli.StringFlag{Name: "rpc", Usage: "`URL` of a JSON-RPC server of the chain"},
			&cli.StringFlag{Name: "registry", Usage: "`ADDRESS` of the registry", DefaultText: verifier.RegistryAddress.String()},
			&cli.StringFlag{Name: "listen", Usage: "serve at `HOST:PORT`; port 0 picks a free one", Value: "127.0.0.1:8700"},
			&cli.StringFlag{Name: "url", Usage: "`URL` at which others reach this node, for hints in proofs"},
			&cli.StringFlag{Name: "batch-age", Usage: "seal a batch when its oldest submission has waited for this `TIME`", Value: "1m"},
			&cli.IntFlag{Name: "batch-count", Usage: "seal a batch at this `NUMBER` of submissions", Value: 1000},
			&cli.StringFlag{Name: "confirmations", Usage: "when a block is final: finalized, safe, or a `NUMBER` of blocks", Value: chain.Finalized.String()},
			&cli.StringFlag{Name: "issuers", Usage: "who may submit: open for anybody, or a `FILE` with an address a line"},
			&cli.StringFlag{Name: "poll", Usage: "look for a new block every so often (`TIME`)", Value: "4s"},
		}, accountFlags()...),
		Action: runNode,
	}
}

func runNode(c *cli.Context) error {
	if c.NArg() > 0 {
		return run.Usagef("node takes no argument")
	}
	config, err := nodeConfig(c)
	if err != nil {
		return err
	}
	config.Log = slog.New(slog.NewTextHandler(c.App.ErrWriter, nil))
	listener, err := new(net.ListenConfig).Listen(c.Context, "tcp", c.String("listen"))
	if err != nil {
		return fmt.Errorf("cannot serve at %s: %w", c.String("listen"), err)
	}
	n, err := anchor.Open(c.Context, config)
	if err != nil {
		if errors.Is(err, chain.ErrNoRegistry) {
			err = run.Hint(err, "hallmark deploy puts it on a chain that does not have it")
		}
		return errors.Join(err, listener.Close())
	}
	if err := result(c, "http://%s", listener.Addr()); err != nil {
		return errors.Join(err, listener.Close(), n.Close())
	}
	return serve(c.Context, n, listener, api.Config{URL: c.String("url"), Log: config.Log})
}

// nodeConfig reads the flags. Nothing is opened but the key.
func nodeConfig(c *cli.Context) (config anchor.Config, err error) {
	if config.Data, err = needed(c, "data"); err != nil {
		return config, err
	}
	if config.RPC, err = needed(c, "rpc"); err != nil {
		return config, err
	}
	issuers, err := needed(c, "issuers")
	if err != nil {
		return config, run.Hint(err, "--issuers open lets anybody submit at your expense; a file names who may")
	}
	if config.Registry, err = address(c, "registry", verifier.RegistryAddress); err != nil {
		return config, err
	}
	if config.Confirmations, err = chain.ParseConfirmations(c.String("confirmations")); err != nil {
		return config, run.Usagef("--confirmations: %v", err)
	}
	if config.BatchAge, err = duration(c, "batch-age"); err != nil {
		return config, err
	}
	config.BatchAge = max(config.BatchAge, time.Millisecond) // zero would be the default
	if config.PollInterval, err = duration(c, "poll"); err != nil {
		return config, err
	}
	if config.PollInterval == 0 {
		return config, run.Usagef("--poll: the chain cannot be asked without a pause")
	}
	if config.BatchCount = c.Int("batch-count"); config.BatchCount < 1 {
		return config, run.Usagef("--batch-count is at least 1")
	}
	if config.Open = issuers == "open"; !config.Open {
		if config.Issuers, err = readIssuers(issuers); err != nil {
			return config, err
		}
	}
	config.Key, err = unlock(c)
	return config, err
}

// readIssuers reads a file with an address a line; # begins a comment.
func readIssuers(path string) ([]verifier.Address, error) {
	data, err := readFile(path, 16<<20)
	if err != nil {
		return nil, err
	}
	var issuers []verifier.Address
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		a, err := verifier.ParseAddress(text)
		if err != nil {
			return nil, run.Usagef("%s, line %d: %v", path, n, err)
		}
		issuers = append(issuers, a)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(issuers) == 0 {
		return nil, run.Usagef("%s names no issuer, so nobody could submit", path)
	}
	return issuers, nil
}

// serve runs a node and its interface until ctx is done or the node cannot go on,
// and closes both.
func serve(ctx context.Context, n *anchor.Node, listener net.Listener, config api.Config) error {
	server := api.NewServer(n, config)
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return n.Run(ctx) })
	work.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	work.Go(func() error {
		<-ctx.Done()
		// Requests that are being answered are, then nothing uses the node any more.
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := server.Shutdown(patience); err != nil {
			return server.Close()
		}
		return nil
	})
	err := work.Wait()
	return errors.Join(err, n.Close())
}
