package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/witnessd"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier/live"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

func witnessCommand() *cli.Command {
	c := command("witness", "", "run a witness: sign which blocks your servers call final, for those who verify offline",
		"Prints its URL once it serves, and the public key with it, which verifiers put into their\n"+
			"trust store: hallmark trust add-witness. Nodes ask it for the blocks of their proofs.\n\n"+
			"A block is signed once as many of the servers as --quorum says call it final, and none names\n"+
			"another. Two blocks of one height are never signed, whatever the servers say later: what was\n"+
			"signed is in the folder of --data, as a note for each block. If that folder is lost, retire the key.\n"+
			"SIGTERM ends the witness in order.",
		runWitness,
		witnessFlags(),
		withDefault("listen", "serve at `HOST:PORT`; port 0 picks a free one", "127.0.0.1:8710"),
		withDefault("poll", "sign the newest final block every so often (`TIME`)", "12s"),
		toggle("once", "sign the newest final block, print the note, and end"),
		text("log-format", settingOf("log-format").usage),
		text("log-level", settingOf("log-level").usage))
	c.Subcommands = []*cli.Command{
		command("key", "", "make the key of a witness, and print the public one",
			"The name is what reports say: that of a host which you hold is best, as in\n"+
				"witness.example.org. For a new key after an old one keep the name: together they count once.",
			witnessKey,
			text("name", "`NAME` of the witness, without blanks and without +"),
			text("out", "write the private key to `FILE`, which must not exist"),
			jsonFlag()),
		command("sign", "", "sign one block, without running a server",
			"The note goes to FILE, or to standard output.",
			witnessSign,
			witnessFlags(),
			withDefault("block", "`NUMBER` of the block, or finalized for the newest one", "finalized"),
			text("out", "write the note to `FILE`")),
	}
	serve := c.Action
	c.Action = func(ctx *cli.Context) error {
		if name := ctx.Args().First(); name != "" {
			return run.NoCommand(c.Subcommands, name, "witness has no subcommand")
		}
		return serve(ctx)
	}
	return c
}

func witnessFlags() flags {
	return slices.Concat(
		texts("rpc", "`URL` of a JSON-RPC server of the chain; may be repeated, and more are better"),
		text("rpc-file", settingOf("rpc-file").usage),
		flags{&cli.IntFlag{Name: "quorum", Usage: "this `NUMBER` of the servers must call a block final (default: more than half of them)"}},
		text("key", "`FILE` with the private key, from hallmark witness key"),
		text("data", "`FOLDER` that remembers what was signed; it must be kept as long as the key is used"))
}

// publicKey is the machine form of a new key.
type publicKey struct {
	Key  string `json:"key"`
	File string `json:"file"`
}

func witnessKey(c *cli.Context) error {
	name, err := needed(c, "name")
	if err != nil {
		return err
	}
	path, err := needed(c, "out")
	if err != nil {
		return err
	}
	var seed [32]byte
	_, _ = rand.Read(seed[:]) // it never fails
	signer, err := witness.NewSigner(name, seed)
	if err != nil {
		return run.Usagef("--name: %v", err)
	}
	err = durable.Create(path, []byte(signer.Text()+"\n"), 0o600)
	if errors.Is(err, fs.ErrExist) {
		return run.Usagef("%s is there already, and nothing was changed: a key that is overwritten is lost", path)
	}
	if err == nil {
		err = durable.SyncFolder(filepath.Dir(path))
	}
	if err != nil {
		return err
	}
	say(c, "the private key is in %s", path)
	key := signer.Key().String()
	answer(c, publicKey{key, path}, "%s", key)
	hint(c, "verifiers believe it with hallmark trust add-witness --chain CHAIN --quorum N %s", key)
	return nil
}

// maxWitnessKey bounds the file of a key.
const maxWitnessKey = 4 << 10

// openWitness opens the witness that the flags describe. Its servers are asked which chain
// they are of.
func openWitness(c *cli.Context) (*witnessd.Witness, error) {
	given := settings{} // those that a node has too
	for _, name := range []string{"rpc", "rpc-file", "log-format", "log-level"} {
		if v := commandLine(c, settingOf(name)); len(v.texts) > 0 {
			given[name] = v
		}
	}
	urls, err := rpcURLs(given)
	if err != nil {
		return nil, err
	}
	path, err := needed(c, "key")
	if err != nil {
		return nil, err
	}
	data, err := needed(c, "data")
	if err != nil {
		return nil, err
	}
	text, err := fault.ReadFile(path, maxWitnessKey)
	if err != nil {
		return nil, err
	}
	signer, err := witness.ParseSigner(string(text))
	if err != nil {
		return nil, run.Hint(run.Usagef("%s: %v", path, err), "hallmark witness key makes one")
	}
	if c.Int("quorum") < 0 {
		return nil, run.Usagef("--quorum: %d is not a number from 1 on", c.Int("quorum"))
	}
	servers, err := live.New(c.Context, urls, c.Int("quorum"))
	if err != nil {
		return nil, run.Usagef("%v", err)
	}
	log, err := logger(c, given)
	if err != nil {
		return nil, err
	}
	id, err := sameChain(c, urls)
	if err != nil {
		return nil, err
	}
	return witnessd.Open(witnessd.Config{Chain: id.Chain, Genesis: id.Genesis, Signer: signer, Servers: servers, Folder: data, Log: log})
}

// chainPatience is how long servers may take to say which chain they are of.
const chainPatience = 15 * time.Second

// sameChain asks servers which chain they are of. Those that do not answer are left out, if
// one does; all others must agree.
func sameChain(c *cli.Context, urls []string) (id chain.ID, err error) {
	ctx, cancel := context.WithTimeout(c.Context, chainPatience)
	defer cancel()
	ids, faults := make([]chain.ID, len(urls)), make([]error, len(urls))
	var asked errgroup.Group
	for i, u := range urls {
		asked.Go(func() error {
			s, err := dial(u)
			if err != nil {
				return err
			}
			defer s.Close()
			ids[i], faults[i] = s.ID(ctx)
			return nil
		})
	}
	if err := asked.Wait(); err != nil {
		return id, err
	}
	known := false
	for i, one := range ids {
		switch {
		case faults[i] != nil:
		case known && one != id:
			return id, fmt.Errorf("the servers are of different chains: %s and %s", id, one)
		default:
			id, known = one, true
		}
	}
	if !known {
		return id, fmt.Errorf("no server tells which chain it is of: %w", errors.Join(faults...))
	}
	return id, nil
}

func witnessSign(c *cli.Context) error {
	number, finalized := uint64(0), c.String("block") == "finalized"
	if !finalized {
		var err error
		if number, err = strconv.ParseUint(c.String("block"), 10, 53); err != nil {
			return run.Usagef("--block: %q is neither the number of a block nor finalized", c.String("block"))
		}
	}
	w, err := openWitness(c)
	if err != nil {
		return err
	}
	var note string
	if finalized {
		number, note, err = w.Newest(c.Context)
	} else {
		note, err = w.At(c.Context, number)
	}
	if err != nil {
		return fmt.Errorf("nothing was signed: %w", err)
	}
	return putNote(c, number, note, c.String("out"))
}

// putNote writes a note to a file, or to standard output if none is named.
func putNote(c *cli.Context, number uint64, note, path string) error {
	if path == "" {
		_, err := fmt.Fprint(run.Exact(c.App.Writer), note)
		return err
	}
	if err := durable.Replace(path, []byte(note), 0o644); err != nil {
		return err
	}
	say(c, "wrote %s, the note for block %d", path, number)
	return nil
}

func runWitness(c *cli.Context) error {
	every, err := parsed(c, "poll", parseDuration)
	if err != nil {
		return err
	}
	if every == 0 {
		return run.Usagef("--poll: the servers cannot be asked without a pause")
	}
	w, err := openWitness(c)
	if err != nil {
		return err
	}
	if c.Bool("once") {
		number, note, err := w.Newest(c.Context)
		if err != nil {
			return fmt.Errorf("nothing was signed: %w", err)
		}
		return putNote(c, number, note, "")
	}
	listener, err := new(net.ListenConfig).Listen(c.Context, "tcp", c.String("listen"))
	if err != nil {
		return fmt.Errorf("cannot serve at %s: %w", c.String("listen"), err)
	}
	result(c, "http://%s", listener.Addr())
	say(c, "this witness of %s is %s", w.Chain, w.Key())
	if err := run.Failed(c.App.Writer); err != nil {
		return errors.Join(err, listener.Close())
	}
	return serveWitness(c.Context, w, listener, every)
}

// serveWitness signs and serves until ctx is done. A signature that is being made then is
// made, or is not: nothing that was seen is lost.
func serveWitness(ctx context.Context, w *witnessd.Witness, listener net.Listener, every time.Duration) error {
	server := &http.Server{
		Handler: w.Handler(), MaxHeaderBytes: 16 << 10,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute,
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return ended(server.Serve(listener)) })
	work.Go(func() error {
		w.Follow(ctx, every)
		return nil
	})
	work.Go(func() error {
		<-ctx.Done()
		w.Log.Info("ending")
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		return shutdown(limit, server)
	})
	err := work.Wait()
	w.Log.Info("ended", "err", err)
	return err
}
