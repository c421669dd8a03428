package cluster_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
)

// server is one process of the cluster, at an address that stays, with ways of its own to the
// database and to the chain. Its methods may be called by many goroutines.
type server struct {
	w      *world
	name   string
	args   []string
	url    string
	client *client.Client
	intake bool
	writes bool

	database *way // nil: it has none
	chain    *faultproxy.Proxy

	mu      sync.Mutex
	process *anchortest.Process
	ending  bool // it is meant to end
}

// newServer makes what a process of its own has, and starts it.
func (w *world) newServer(name, database string, args ...string) *server {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		w.t.Fatal(err)
	}
	s := &server{w: w, name: name, url: "http://" + address, chain: faultproxy.Start(w.t, w.chain.RPC)}
	if s.client, err = client.New(s.url); err != nil {
		w.t.Fatal(err)
	}
	s.chain.Set(w.sends.watch(s))
	s.args = append(args, "--listen", address, "--rpc", s.chain.URL, "--poll", "100ms", "--rate", "0")
	if database != "" {
		s.database = newWay(w.t, database)
		s.args = append(s.args, "--blobs", w.bucket,
			"--store", strings.Replace(w.primary.URL(w.database), w.primary.Address(), s.database.address(), 1)+"&application_name="+name)
	}
	w.t.Cleanup(func() {
		s.kill()
		if w.t.Failed() && s.process != nil {
			w.t.Logf("%s printed:\n%s", name, strings.Join(s.process.Last(60), "\n"))
		}
	})
	return s
}

// start starts it, again and again while what it needs does not answer, as systemd does.
func (s *server) start(environment ...string) {
	s.w.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		cmd := exec.Command(s.w.program, s.args...)
		cmd.Env = append(append(os.Environ(), s.w.keys...), environment...)
		p, err := anchortest.Launch(cmd, s.logged)
		if err == nil {
			s.mu.Lock()
			s.process, s.ending = p, false
			s.mu.Unlock()
			go s.watch(p)
			return
		}
		if time.Now().After(end) {
			s.w.t.Fatalf("%s does not start: %v", s.name, err)
		}
	}
}

// watch complains if a process ends that is not meant to: whatever fails, it waits.
func (s *server) watch(p *anchortest.Process) {
	<-p.Exited()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ending {
		s.ending = true
		s.w.t.Errorf("%s has ended by itself: %v", s.name, p.Ended())
	}
}

// logged looks at each line of the log.
func (s *server) logged(line string) {
	for _, never := range []string{"damaged", "panic:", "goroutine "} {
		if strings.Contains(line, never) {
			s.w.t.Errorf("%s says: %s", s.name, line)
		}
	}
}

func (s *server) pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return 0
	}
	return s.process.PID()
}

// kill ends it at once.
func (s *server) kill() {
	s.mu.Lock()
	s.ending = true
	p := s.process
	s.mu.Unlock()
	if p != nil {
		p.Kill()
	}
}

// stop ends it in order.
func (s *server) stop() error {
	s.mu.Lock()
	s.ending = true
	p := s.process
	s.mu.Unlock()
	if err := p.Stop(); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// pause stops all of it where it is, until resume.
func (s *server) pause()  { s.signal(syscall.SIGSTOP) }
func (s *server) resume() { s.signal(syscall.SIGCONT) }

func (s *server) signal(sig syscall.Signal) {
	s.w.t.Helper()
	if err := syscall.Kill(s.pid(), sig); err != nil {
		s.w.t.Fatal(err)
	}
}

// ready reports whether it is.
func (s *server) ready() bool {
	s.mu.Lock()
	p := s.process
	s.mu.Unlock()
	status, _, err := p.Get(s.w.t.Context(), "/readyz")
	return err == nil && status == 200
}

// wrong reports whether an error is none of those that a client may get while something is
// broken: no answer, "later", or "no room". Such a client knows as much as before.
func wrong(err error) bool {
	var refused *client.NodeError
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Status {
	case 429, 503, 507:
		return false
	}
	return true
}
