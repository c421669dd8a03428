// Command boxo serves the blocks of a CAR by boxo's gateway, from memory.
//
// It is a module of its own, to keep boxo out of Hallmark's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/ipfs/boxo/blockservice"
	"github.com/ipfs/boxo/blockstore"
	"github.com/ipfs/boxo/exchange/offline"
	"github.com/ipfs/boxo/gateway"
	"github.com/ipfs/go-datastore"
	dssync "github.com/ipfs/go-datastore/sync"
	"github.com/ipld/go-car/v2"
)

func main() {
	file := flag.String("car", "", "the blocks")
	listen := flag.String("listen", "", "host:port")
	flag.Parse()
	if err := run(*file, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "boxo:", err)
		os.Exit(1)
	}
}

func run(file, listen string) error {
	store := blockstore.NewIdStore(blockstore.NewBlockstore(dssync.MutexWrap(datastore.NewMapDatastore())))
	if err := load(store, file); err != nil {
		return err
	}
	backend, err := gateway.NewBlocksBackend(blockservice.New(store, offline.Exchange(store)))
	if err != nil {
		return err
	}
	server := &http.Server{
		Addr: listen, ReadHeaderTimeout: 10 * time.Second,
		Handler: gateway.NewHandler(gateway.Config{DisableHTMLErrors: true}, backend),
	}
	return server.ListenAndServe()
}

func load(store blockstore.Blockstore, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	in, err := car.NewBlockReader(f)
	if err != nil {
		return err
	}
	for {
		b, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = store.Put(context.Background(), b)
		}
		if err != nil {
			return err
		}
	}
}
