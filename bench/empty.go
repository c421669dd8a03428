package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// serveEmpty is the argument with which this program starts itself as a server that
// does nothing.
const serveEmpty = "serve-empty"

// tilePath is where the empty server has a file of the size of a tile of a log.
const tilePath = "/tile/0/000"

// tileSize is that of a full tile of the tlog-tiles format: 256 hashes.
const tileSize = 256 * 32

// runEmpty serves at the port that the second argument names until it is killed: it
// reads what it is sent, and answers nothing.
func runEmpty() error {
	folder := os.Args[3]
	file := filepath.Join(folder, filepath.FromSlash(tilePath))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, make([]byte, tileSize), 0o644); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	mux.Handle(tilePath, http.FileServer(http.Dir(folder)))
	server := &http.Server{Addr: "127.0.0.1:" + os.Args[2], Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}

// startEmpty starts it and returns its URL.
func (b *bench) startEmpty() (url string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	p, err := b.start(self, serveEmpty, strconv.Itoa(port), filepath.Join(b.folder, "empty"))
	if err != nil {
		return "", nil, err
	}
	address := "127.0.0.1:" + strconv.Itoa(port)
	err = p.await(b.ctx, func() bool {
		c, err := new(net.Dialer).DialContext(b.ctx, "tcp", address)
		return err == nil && c.Close() == nil
	})
	if err != nil {
		p.Kill()
		return "", nil, err
	}
	return "http://" + address, p.Kill, nil
}

func freePort() (int, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	a, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("no TCP address: %v", l.Addr())
	}
	return a.Port, l.Close()
}
