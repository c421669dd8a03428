package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/anchor/role"
)

// patience is how long running requests may go on after the node was told to end.
const patience = 30 * time.Second

// service is a node with its interfaces, and the order in which they end.
type service struct {
	node     *anchor.Node
	listener net.Listener // of the HTTP interface
	admin    net.Listener // of the operator's, see admin.go; nil: there is none
	data     string       // the node's folder
	config   api.Config
	drain    time.Duration // how long to serve on without intake
	log      *slog.Logger
}

// serve runs a node and its HTTP interface until ctx is done or the node cannot go
// on, and closes both.
func serve(ctx context.Context, n *anchor.Node, listener net.Listener, config api.Config) error {
	return (&service{node: n, listener: listener, config: config, log: config.Log}).run(ctx)
}

// run serves until ctx is done or the node cannot go on. Then, in this order: the
// pipeline stops between two durable steps; what would add something is refused
// with 503 while all else is answered, for as long as drain says and until the
// requests that were being read are answered; the listeners close; the store does.
// Ending the process earlier loses nothing that was acknowledged.
func (s *service) run(ctx context.Context) error {
	writers := new(sync.RWMutex)
	server := api.NewServer(s.node, s.config)
	server.Handler = whileOpen(writers, server.Handler)
	admin := &http.Server{Handler: adminHandler(s.node, s.data, s.listener.Addr(), s.log), ReadHeaderTimeout: time.Second}

	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return s.node.Run(ctx) })
	work.Go(func() error { return ended(server.Serve(api.Listener(s.listener))) })
	if s.admin != nil {
		work.Go(func() error { return ended(admin.Serve(s.admin)) })
	}
	work.Go(func() error {
		<-ctx.Done()
		idle := make(chan struct{})
		go func() {
			writers.Lock() // for good: from now on TryRLock fails
			close(idle)
		}()
		s.log.Info("ending: no more submissions are taken", "drain", s.drain)
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drain+patience)
		defer cancel()
		wait(limit, time.After(s.drain))
		wait(limit, idle)
		return errors.Join(shutdown(limit, server), shutdown(limit, admin))
	})
	err := errors.Join(work.Wait(), s.node.Close())
	s.log.Info("ended", "err", err)
	return err
}

func wait[T any](ctx context.Context, event <-chan T) {
	select {
	case <-event:
	case <-ctx.Done():
	}
}

func ended(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// shutdown lets running requests end, and cuts them off when ctx is done: nothing
// may use the node after.
func shutdown(ctx context.Context, server *http.Server) error {
	if server.Shutdown(ctx) != nil {
		return server.Close()
	}
	return nil
}

// whileOpen lets requests that write something in, each with a read lock on writers, until
// somebody waits for the write lock.
func whileOpen(writers *sync.RWMutex, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		if writers.TryRLock() {
			defer writers.RUnlock()
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Retry-After", strconv.Itoa(int(role.RetryAfter.Seconds())))
		w.Header().Set("Connection", "close") // what it sent is not read
		w.WriteHeader(http.StatusServiceUnavailable)
		_ = json.NewEncoder(w).Encode(&api.Problem{ // nobody is left to tell
			Title: http.StatusText(http.StatusServiceUnavailable), Status: http.StatusServiceUnavailable,
			Detail: "the node is ending: send it again in a while",
		})
	})
}
