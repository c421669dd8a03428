// Package engines runs the servers that a node can keep its records in, for tests and
// measurements: PostgreSQL with a replica and a pooler, and an S3 server. They are the real
// ones, as child processes with folders of their own, which `make engines` installs.
//
// Each can be stopped in order, killed, paused and started again on the same address with
// what it had written. All end with the process that started them, however that ends.
package engines

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/internal/child"
)

// ErrNotInstalled is what starting fails with where a server is not installed. Tests skip on it.
var ErrNotInstalled = errors.New("not installed: run `make engines`")

// readyTime bounds how long a server may take until it answers.
const readyTime = time.Minute

// server is a process that can be started again. Its methods are for one goroutine at a time.
type server struct {
	name    string
	folder  string // removed at the end
	address string // host:port
	owner   *syscall.Credential
	ended   syscall.Signal // ends it in order
	command func() *exec.Cmd
	ready   func(ctx context.Context) error // nil once it answers

	mu      sync.Mutex
	process *child.Process
}

// newServer makes the folder of a server and chooses where it listens. Servers that refuse to
// run as root run as the user of that name then.
func newServer(name, unprivileged string) (*server, error) {
	folder, err := os.MkdirTemp("", "hallmark-"+name+"-")
	if err != nil {
		return nil, err
	}
	s := &server{name: name, folder: folder, ended: syscall.SIGINT}
	if os.Getuid() == 0 && unprivileged != "" {
		if s.owner, err = credential(unprivileged); err == nil {
			err = os.Chown(folder, int(s.owner.Uid), int(s.owner.Gid))
		}
		if err != nil {
			return nil, errors.Join(err, os.RemoveAll(folder))
		}
	}
	if s.address, err = freeAddress(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return s, nil
}

func credential(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNotInstalled, err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// freeAddress returns an address of this machine where nothing listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// port is where the server listens.
func (s *server) port() string { return s.address[strings.LastIndexByte(s.address, ':')+1:] }

// exec makes a command that runs as the owner of the server's folder.
func (s *server) exec(path string, args ...string) *exec.Cmd {
	cmd := exec.Command(path, args...) //nolint:noctx // it ends with the server
	cmd.Dir = s.folder
	if s.owner != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner}
	}
	cmd.Env = append(os.Environ(), "HOME="+s.folder, "LC_ALL=C")
	return cmd
}

// run runs a command that prepares something, to its end.
func (s *server) run(path string, args ...string) error {
	cmd := s.exec(path, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(path), err, out)
	}
	return nil
}

// Start starts the server again after Stop or Kill, and returns once it answers.
func (s *server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := child.Start(s.command(), nil, nil)
	if err != nil {
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	s.process = p
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	for {
		if err = s.ready(ctx); err == nil {
			return nil
		}
		select {
		case <-p.Exited():
			return fmt.Errorf("%s ended: %w", s.name, p.Ended())
		case <-ctx.Done():
			p.Kill()
			return fmt.Errorf("%s does not answer: %w", s.name, err)
		case <-time.After(20 * time.Millisecond): // there is nothing to wait on
		}
	}
}

// Stop ends the server in order.
func (s *server) Stop() { s.end(s.ended) }

// Kill ends the server and all its processes at once, as a crash does.
func (s *server) Kill() { s.end(syscall.SIGKILL) }

func (s *server) end(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return
	}
	if sig == syscall.SIGKILL {
		signal([]int{s.process.PID()}, syscall.SIGSTOP) // it starts no others now
	}
	all := family(s.process.PID())
	if sig == syscall.SIGKILL {
		signal(all, sig)
	} else {
		signal(all, syscall.SIGCONT) // what is paused cannot end
		signal(all[:1], sig)
	}
	<-s.process.Exited()
	for _, pid := range all[1:] {
		for alive(pid) { // they are nobody's children now, so there is nothing to wait on
			time.Sleep(time.Millisecond)
		}
	}
	s.process = nil
}

// Restart is Stop and Start.
func (s *server) Restart() error {
	s.Stop()
	return s.Start()
}

// Pause stops all processes of the server until Continue: connections stay and nothing answers.
func (s *server) Pause() {
	s.signalAll(syscall.SIGSTOP)
	s.signalAll(syscall.SIGSTOP) // what was started meanwhile
}

// Continue ends a pause.
func (s *server) Continue() { s.signalAll(syscall.SIGCONT) }

func (s *server) signalAll(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		signal(family(s.process.PID()), sig)
	}
}

// Log returns the last lines that the server printed.
func (s *server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return ""
	}
	return s.process.String()
}

// Close ends the server and removes what it has written.
func (s *server) Close() error {
	s.Kill()
	return os.RemoveAll(s.folder)
}

// family returns a process and all that come from it.
func family(pid int) []int {
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		p := strconv.Itoa(all[i])
		children, err := os.ReadFile(filepath.Join("/proc", p, "task", p, "children"))
		if err != nil {
			continue // it has ended
		}
		for _, c := range strings.Fields(string(children)) {
			if n, err := strconv.Atoi(c); err == nil {
				all = append(all, n)
			}
		}
	}
	return all
}

func signal(pids []int, sig syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, sig) // fails only if it has ended
	}
}

func alive(pid int) bool {
	state, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(state), ") ")
	return !strings.HasPrefix(after, "Z")
}

// listens is a server's ready for those that are so once they take connections.
func (s *server) listens(ctx context.Context) error {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", s.address)
	if err == nil {
		c.Close()
	}
	return err
}

// find returns a program of one of the folders or of PATH.
func find(name string, folders ...string) (string, error) {
	for _, folder := range folders {
		if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is %w", name, ErrNotInstalled)
	}
	return path, nil
}

// closer is a server in a test.
type closer interface {
	comparable
	Close() error
	Log() string
}

// forTest ends a server with a test, and skips the test where it is not installed.
func forTest[S closer](t testing.TB, s S, err error) S {
	t.Helper()
	if errors.Is(err, ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%T printed:\n%s", s, s.Log())
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
