package witnessd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/witnessd"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/live"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// child is the variable that makes this program a process which signs what its arguments say.
const child = "WITNESS_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) != "" {
		if err := signAll(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// signAll signs blocks, NUMBER:HASH each, and prints the numbers of those that it signed.
func signAll(args []string) error {
	folder, rpc, chain, genesis, blocks := args[0], args[1], args[2], args[3], args[4:]
	s, err := witness.NewSigner("wa.example", [32]byte{})
	if err != nil {
		return err
	}
	id, err := verifier.ParseChainID(chain)
	if err != nil {
		return err
	}
	var g verifier.Hash
	if err := g.UnmarshalText([]byte(genesis)); err != nil {
		return err
	}
	servers, err := live.New(context.Background(), []string{rpc}, 0)
	if err != nil {
		return err
	}
	w, err := witnessd.Open(witnessd.Config{
		Chain: id, Genesis: g, Signer: s, Servers: servers, Folder: folder, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	for _, b := range blocks {
		number, hash, _ := strings.Cut(b, ":")
		n, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			return err
		}
		var h verifier.Hash
		if err := h.UnmarshalText([]byte(hash)); err != nil {
			return err
		}
		switch _, err := w.Cosign(n, h); {
		case err == nil:
			fmt.Println(n)
		case !errors.Is(err, witnessd.ErrConflict):
			return err
		}
	}
	return nil
}

// process returns one that signs blocks on a folder.
func (e *env) process(t *testing.T, folder, rpc string, blocks []string) *exec.Cmd {
	t.Helper()
	args := append([]string{folder, rpc, fmt.Sprintf("eip155:%d", e.ChainID), e.genesis.String()}, blocks...)
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env = append(os.Environ(), child+"=1")
	c.Stderr = os.Stderr
	return c
}

// Two processes on one folder, whose servers disagree, sign one block of each height.
func TestTwoProcesses(t *testing.T) {
	e := start(t)
	folder := t.TempDir()
	newest := e.block(t).Number
	var right, wrong []string
	for n := newest - 25; n <= newest; n++ {
		right = append(right, fmt.Sprintf("%d:%s", n, e.hash(t, n)))
		wrong = append(wrong, fmt.Sprintf("%d:%s", n, other))
	}
	processes := []*exec.Cmd{e.process(t, folder, e.RPC, right), e.process(t, folder, e.liar(t).URL, wrong)}
	var out [2]strings.Builder
	for i, p := range processes {
		p.Stdout = &out[i]
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
	}
	signed := make(map[string]int)
	for i, p := range processes {
		if err := p.Wait(); err != nil {
			t.Fatal(err)
		}
		for n := range strings.FieldsSeq(out[i].String()) {
			signed[n]++
		}
	}
	for n := newest - 25; n <= newest; n++ {
		if got := signed[strconv.FormatUint(n, 10)]; got != 1 {
			t.Errorf("%d blocks of height %d were signed", got, n)
		}
	}
}

// Killed at any moment, a witness has on disk what anybody has seen, and no other block of
// its height is signed afterwards.
func TestKilled(t *testing.T) {
	e := start(t)
	newest := e.block(t).Number
	var right []string
	for n := newest - 30; n <= newest; n++ {
		right = append(right, fmt.Sprintf("%d:%s", n, e.hash(t, n)))
	}
	liar := e.liar(t)
	for after := range 6 {
		folder := t.TempDir()
		p := e.process(t, folder, e.RPC, right)
		out, err := p.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		seen := make(map[uint64]bool)
		for len(seen) <= 4*after && lines.Scan() { // it goes on meanwhile
			n, err := strconv.ParseUint(lines.Text(), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			seen[n] = true
		}
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.Wait() // it was killed
		w := reopen(t, e, folder, 0, liar.URL)
		refused := 0
		for n := newest - 30; n <= newest; n++ {
			_, err := w.Cosign(n, other)
			switch {
			case errors.Is(err, witnessd.ErrConflict):
				refused++
			case err != nil:
				t.Errorf("block %d: %v", n, err)
			case seen[n]:
				t.Errorf("block %d was signed twice", n)
			}
		}
		if refused < len(seen) || len(seen) == 0 {
			t.Errorf("%d blocks were signed, and %d could not be again", len(seen), refused)
		}
	}
}

// A full disk signs nothing and loses nothing.
func TestDiskFull(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small file system to fill")
	}
	folder := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder).CombinedOutput(); err != nil {
		t.Skipf("this machine lets nobody mount a small file system: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	e := start(t)
	block := e.block(t)
	w, log := e.witness(t, folder, 0, ask(t, 0, e.RPC))
	if _, err := w.Cosign(block.Number-1, e.hash(t, block.Number-1)); err != nil {
		t.Fatal(err)
	}
	filler := folder + "/filler"
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	if _, err := w.Cosign(block.Number, block.Hash); err == nil || !strings.Contains(log.String(), "cannot write") {
		t.Errorf("on a full disk: %v, log %s", err, log)
	}
	if _, err := w.Cosign(block.Number-1, e.hash(t, block.Number-1)); err != nil {
		t.Errorf("what was signed before: %v", err)
	}
	if got := get(t, w.Handler(), "/healthz"); got.Code != 503 || !strings.Contains(got.Body.String(), "cannot be written") {
		t.Errorf("healthz: %d %s", got.Code, got.Body)
	}
	if err := os.Remove(filler); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if _, err := w.Cosign(block.Number, block.Hash); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if got := get(t, w.Handler(), "/healthz"); got.Code != 200 {
		t.Errorf("healthz: %d %s", got.Code, got.Body)
	}
	for _, path := range files(t, folder) {
		if !strings.HasSuffix(path, ".note") {
			t.Errorf("%s was left", path)
		}
	}
}
