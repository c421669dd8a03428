package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// wire passes requests on to a node until one comes at which the process that sent it is
// to die.
type wire struct {
	url string

	mu     sync.Mutex // guards what follows
	stop   func(w *wire, r *http.Request) bool
	victim *exec.Cmd
	ended  chan struct{} // closed when the victim has ended
	signal syscall.Signal
	onward http.Handler
}

func newWire(t *testing.T, node string) *wire {
	t.Helper()
	target, err := url.Parse(node)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{onward: httputil.NewSingleHostReverseProxy(target)}
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.stop != nil && w.stop(w, r) {
			w.stop = nil
			_ = w.victim.Process.Signal(w.signal)
			<-w.ended // the connection breaks only when nobody is there any more
			panic(http.ErrAbortHandler)
		}
		w.onward.ServeHTTP(out, r)
	}))
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// run runs hallmark until it ends, or until stop says that it is to be killed.
func (w *wire) run(t *testing.T, signal syscall.Signal, stop func(*wire, *http.Request) bool, args ...string) {
	t.Helper()
	w.mu.Lock()
	w.stop, w.signal = stop, signal
	w.victim = exec.Command("hallmark", args...)
	var said bytes.Buffer
	w.victim.Stderr = &said
	victim, ended := w.victim, make(chan struct{})
	w.ended = ended
	err := victim.Start()
	w.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // how it ended is asked below
	close(ended)
	if victim.ProcessState.Success() {
		t.Fatalf("it was not stopped: %s", said.String())
	}
}

// A submission that is interrupted at any moment is the same one when the command is
// given again: the salts stay, and the node takes it once.
func TestSubmitResumes(t *testing.T) {
	chain := testchain.StartMining(t, testnet.Config{})
	node := startNode(t, chain)
	c, err := client.New(node)
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	password := filepath.Join(home, "password")
	if err := os.WriteFile(password, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(home, "keys")
	newKey := exec.Command("hallmark", "key", "new", "--light", "--keystore", keys, "--password-file", password)
	if out, err := newKey.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	list := filepath.Join(home, "list")
	cidList(t, list, 20000)
	moments := map[string]func(w *wire, r *http.Request) bool{
		"before anything is written": func(_ *wire, r *http.Request) bool { return r.URL.Path == "/v1/info" },
		"before it is sent": func(_ *wire, r *http.Request) bool {
			return strings.HasPrefix(r.URL.Path, "/v1/submissions/") || r.Method == http.MethodPost
		},
		"while it is sent": func(_ *wire, r *http.Request) bool {
			if r.Method != http.MethodPost {
				return false
			}
			_, _ = io.CopyN(io.Discard, r.Body, 100)
			return true
		},
		"before the answer comes": func(w *wire, r *http.Request) bool {
			if r.Method != http.MethodPost {
				return false
			}
			answer := httptest.NewRecorder()
			w.onward.ServeHTTP(answer, r)
			return answer.Code == http.StatusAccepted
		},
	}
	for moment, stop := range moments {
		for name, signal := range map[string]syscall.Signal{"SIGKILL": syscall.SIGKILL, "SIGINT": syscall.SIGINT} {
			for _, single := range []bool{false, true} {
				if single && signal == syscall.SIGINT {
					continue
				}
				t.Run(fmt.Sprintf("%s %s single %v", moment, name, single), func(t *testing.T) {
					folder := t.TempDir()
					target := filepath.Join(folder, "all"+archive.Suffix)
					args := []string{"submit", "--keystore", keys, "--password-file", password, "--archive", target, "--cids", list}
					if single {
						file := filepath.Join(folder, "a.txt")
						if err := os.WriteFile(file, []byte("a"), 0o600); err != nil {
							t.Fatal(err)
						}
						target = file + issuer.ProofSuffix
						args = append(args[:5:5], file)
					}
					before := submissions(t, c)
					w := newWire(t, node)
					w.run(t, signal, stop, append(args, "--node", w.url)...)
					pending, err := os.ReadFile(target)
					if written := err == nil; written != (moment != "before anything is written") {
						t.Fatalf("there are proofs: %v", written)
					}
					out, err := exec.Command("hallmark", append(args, "--node", node)...).CombinedOutput()
					if err != nil {
						t.Fatalf("%v: %s", err, out)
					}
					after, err := os.ReadFile(target)
					if err != nil {
						t.Fatal(err)
					}
					if pending != nil && !bytes.Equal(after, pending) {
						t.Error("the proofs are not those of the first time")
					}
					if n := submissions(t, c) - before; n != 1 {
						t.Errorf("the node took %d submissions, want 1", n)
					}
					if moment != "before the answer comes" {
						return
					}
					// Completing the proofs can be interrupted too, and then goes on.
					w.run(t, signal, func(_ *wire, r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v1/proofs/") },
						"upgrade", "--wait", "--node", w.url, target)
					if still, err := os.ReadFile(target); err != nil || !bytes.Equal(still, after) {
						t.Errorf("an interrupted upgrade changed the proofs: %v", err)
					}
					if out, err := exec.Command("hallmark", "upgrade", "--wait", "--node", node, target).CombinedOutput(); err != nil {
						t.Errorf("%v: %s", err, out)
					}
				})
			}
		}
	}
}

// A process that is killed while it writes leaves the archive whole, or none.
func TestSubmitKilledWhileWriting(t *testing.T) {
	chain := testchain.StartMining(t, testnet.Config{})
	node := startNode(t, chain)
	c, err := client.New(node)
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	password, keys, list := filepath.Join(home, "password"), filepath.Join(home, "keys"), filepath.Join(home, "list")
	if err := os.WriteFile(password, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	newKey := exec.Command("hallmark", "key", "new", "--light", "--keystore", keys, "--password-file", password)
	if out, err := newKey.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cidList(t, list, 100000)
	for _, delay := range []int{0, 50, 150, -1} { // milliseconds; -1: until the archive is there
		folder := t.TempDir()
		target := filepath.Join(folder, "all"+archive.Suffix)
		args := []string{"submit", "--node", node, "--keystore", keys, "--password-file", password, "--archive", target, "--cids", list}
		before := submissions(t, c)
		victim := exec.Command("hallmark", args...)
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}
		for {
			entries, err := os.ReadDir(folder)
			if err != nil {
				t.Fatal(err)
			}
			if len(entries) > 0 && (delay >= 0 || !strings.HasSuffix(entries[0].Name(), ".tmp")) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(max(delay, 0)) * time.Millisecond)
		_ = victim.Process.Kill() // it may be through already
		_ = victim.Wait()
		pending, err := os.ReadFile(target)
		t.Logf("killed after %d ms: archive written %v, node has it %v", delay, err == nil, submissions(t, c) > before)
		if out, err := exec.Command("hallmark", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		after, readErr := os.ReadFile(target)
		if readErr != nil || err == nil && !bytes.Equal(after, pending) {
			t.Errorf("the archive is not that of the first time: %v", readErr)
		}
		if n := submissions(t, c) - before; n != 1 {
			t.Errorf("the node took %d submissions, want 1", n)
		}
		if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
			t.Errorf("beside the archive there are %v, %v", entries, err)
		}
	}
}

// cidList writes a list of n CIDs.
func cidList(t *testing.T, path string, n int) {
	t.Helper()
	var list strings.Builder
	for i := range n {
		c, err := credential.Sum(strings.NewReader(fmt.Sprint(i)), credential.FormRaw, "")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&list, c)
	}
	if err := os.WriteFile(path, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func submissions(t *testing.T, node *client.Client) uint64 {
	t.Helper()
	health, err := node.Health(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return health.Submissions
}
