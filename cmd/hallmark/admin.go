package main

// This file has the operator's interface of a running node: HTTP over a socket in
// the data folder, in a folder that only the node's user can enter. So whoever can
// read the data may use it, and nobody else. Its requests are GET /backup, which makes a
// checkpoint, names its folder and removes it once whoever asked hangs up, GET /listen, where the
// node serves, and DELETE /shares/{leaf}, which takes down what is shared.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/sharing"
	"github.com/hallmark-node/hallmark/merkle"
)

const adminFolder = "admin"

func adminSocket(data string) string { return filepath.Join(data, adminFolder, "socket") }

// askNode makes a request to the node that runs on a data folder. The caller closes the body.
func askNode(ctx context.Context, data, method, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://node"+path, nil)
	if err != nil {
		return nil, err
	}
	return (&http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", adminSocket(data))
	}}}).Do(request)
}

// servingAt returns where the node serves that runs on a data folder; empty if it does
// not say.
func servingAt(ctx context.Context, data string) string {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	response, err := askNode(ctx, data, http.MethodGet, "/listen")
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 256))
	if err != nil || response.StatusCode != http.StatusOK {
		return ""
	}
	return string(text)
}

// listenAdmin makes the socket in a data folder whose lock the caller holds.
func listenAdmin(data string) (net.Listener, error) {
	socket := adminSocket(data)
	folder := filepath.Dir(socket)
	// What an earlier process left: nobody else can be using it.
	if err := os.RemoveAll(folder); err != nil {
		return nil, err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("socket %s: %w (its path may have some 100 bytes)", socket, err)
	}
	return listener, os.Chmod(socket, 0o600)
}

// adminHandler answers the operator's requests.
func adminHandler(n *anchor.Node, data string, at net.Addr, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /listen", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, at.String()) // who asked may be gone
	})
	mux.HandleFunc("DELETE /shares/{leaf}", func(w http.ResponseWriter, r *http.Request) {
		leaf, err := merkle.ParseHash(r.PathValue("leaf"))
		if err == nil && n.Sharing == nil {
			err = sharing.ErrNotShared
		}
		if err == nil {
			err = n.Sharing.TakeDown(r.Context(), leaf)
		}
		switch {
		case errors.Is(err, sharing.ErrNotShared):
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		case err != nil:
			log.Error("a share could not be taken down", "err", err)
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		log.Info("a share was taken down by the operator", "leaf", leaf.String())
	})
	mux.HandleFunc("GET /backup", func(w http.ResponseWriter, r *http.Request) {
		temp, err := os.MkdirTemp(filepath.Join(data, adminFolder), "backup-")
		if err == nil {
			defer func() { _ = os.RemoveAll(temp) }() // what stays is removed at the next start
			err = n.Checkpoint(filepath.Join(temp, "checkpoint"))
		}
		if err != nil {
			log.Error("a backup failed", "err", err)
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = fmt.Fprintln(w, filepath.Base(temp)) // who asked may be gone, and then this ends
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done() // it is copied
		log.Info("the checkpoint for a backup is removed")
	})
	return mux
}
