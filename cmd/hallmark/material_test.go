package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
)

// material is where real badges of 1EdTech lie, beside a checkout that has them.
const material = "../../../shared/material/ob3-1edtech"

// TestRealBadges takes every real badge through the whole line, as separate
// processes on both kinds of chain: cid, submit, anchor, upgrade, pin, verify. All
// are VALID but those whose own dates do not hold, which fail on validity alone.
func TestRealBadges(t *testing.T) {
	badges := realBadges(t)
	testchain.OnBackends(t, func(t *testing.T, backend string) {
		t.Parallel()
		chain := testchain.Start(t, testnet.Config{Backend: backend, BlockTime: time.Second})
		s := newSession(t, chain)
		s.startNode()

		var files []string
		for name, data := range badges {
			path := filepath.Join(s.dir, name)
			if err := os.WriteFile(path, data, 0o666); err != nil {
				t.Fatal(err)
			}
			files = append(files, path)
		}
		slices.Sort(files)
		var accepted []string
		for _, f := range files {
			if _, stderr, code := s.try("hallmark", "cid", f); code != 0 {
				t.Logf("refused: %s", strings.TrimSpace(stderr))
				if !strings.Contains(stderr, "--form raw") {
					t.Errorf("the refusal of %s offers no way out: %s", filepath.Base(f), stderr)
				}
				continue
			}
			accepted = append(accepted, f)
		}
		if len(accepted) < 100 {
			t.Fatalf("only %d of %d real badges have a CID", len(accepted), len(files))
		}
		// Equal documents under two names are one credential, which one submission
		// may hold as often as it has salts for it.
		s.must(append([]string{
			"hallmark", "submit", "--node", s.node, "--keystore", s.keystore, "--account", s.issuer,
			"--password-file", s.password, "--wait",
		}, accepted...)...)

		proofs := make([]string, len(accepted))
		for i, f := range accepted {
			proofs[i] = f + ".proof.json"
		}
		trust := filepath.Join(s.dir, "trust.json")
		s.must("hallmark", "trust", "pin", "--trust", trust, "--rpc", chain.RPC, "--name", "devnet", "--test", proofs[0])
		s.must("hallmark", "trust", "add-issuer", "--trust", trust, "--address", s.issuer, "--name", "1EdTech samples", "--any-id")

		stdout, stderr, _ := s.try(append([]string{"hallmark", "verify", "--trust", trust, "--allow-test", "--json"}, proofs...)...)
		verdicts := make(map[string]int)
		lines := bufio.NewScanner(strings.NewReader(stdout))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var r struct {
				File, Verdict string
				Checks        []struct{ Check, Result, Detail string }
			}
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSuffix(filepath.Base(r.File), ".proof.json")
			verdicts[r.Verdict]++
			want := "VALID"
			if datesDoNotHold[name] {
				want = "INVALID"
			}
			if r.Verdict != want {
				t.Errorf("%s is %s, want %s: %+v", name, r.Verdict, want, r.Checks)
			}
			for _, c := range r.Checks {
				if c.Check == "issuerSignature" {
					continue // these files are changed copies of what others signed
				}
				if c.Result != "pass" && (c.Check != "validity" || want == "VALID") {
					t.Errorf("%s: %s %s: %s", name, c.Check, c.Result, c.Detail)
				}
			}
		}
		if n := verdicts["VALID"] + verdicts["INVALID"]; n != len(proofs) {
			t.Errorf("%d verdicts on %d proofs: %v\n%s", n, len(proofs), verdicts, stderr)
		}
		t.Logf("%d files, %d with a CID: %v", len(files), len(accepted), verdicts)
	})
}

// datesDoNotHold names the samples that are expired or not yet valid by their own
// words: 1EdTech made them to be so, or wrote dates that have passed since.
var datesDoNotHold = map[string]bool{
	"ob20_basic-assertion-expired-before-issued.json": true, // expires 2022
	"ob20_basic-assertion-expired.json":               true, // expires 2022
	"ob20_basic-assertion-in-future.json":             true, // issued 2100
	"ob30_complete_v1.json":                           true, // expirationDate 2020
	"ob30_simple-err-expired.json":                    true, // expires 2010
	"ob30_simple-err-issued.json":                     true, // valid from 2040
}

// realBadges returns the samples by a name that is unique and has no folder.
func realBadges(t *testing.T) map[string][]byte {
	t.Helper()
	if _, err := os.Stat(material); err != nil {
		t.Skip("the real badges are not beside this checkout")
	}
	badges := make(map[string][]byte)
	for _, sub := range []string{"inspector-vc/src/test/resources", "inspector-clr/src/test/resources"} {
		root := filepath.Join(material, sub)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if rel, relErr := filepath.Rel(root, path); len(data) > 0 && relErr == nil {
				badges[strings.ReplaceAll(rel, string(filepath.Separator), "_")] = data
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(badges) == 0 {
		t.Fatal("there are no samples in the folder")
	}
	return badges
}

// session is a user's folder with keys, and a node.
type session struct {
	t                               *testing.T
	chain                           *testnet.Chain
	dir, keystore, password, issuer string
	node                            string // URL
}

func newSession(t *testing.T, chain *testnet.Chain) *session {
	s := &session{t: t, chain: chain, dir: t.TempDir()}
	s.keystore, s.password = filepath.Join(s.dir, "keys"), filepath.Join(s.dir, "password")
	if err := os.WriteFile(s.password, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.issuer = strings.TrimSpace(s.must("hallmark", "key", "new", "--light", "--keystore", s.keystore, "--password-file", s.password))
	return s
}

// startNode runs a node for the length of the test.
func (s *session) startNode() {
	s.t.Helper()
	secret := filepath.Join(s.dir, "secret")
	if err := os.WriteFile(secret, []byte(hexutil.Encode(crypto.FromECDSA(s.chain.Accounts[0].PrivateKey))), 0o600); err != nil {
		s.t.Fatal(err)
	}
	payer := strings.TrimSpace(s.must("hallmark", "key", "import", "--light", "--keystore", s.keystore, "--password-file", s.password, secret))
	cmd := exec.Command("hallmark", "node", "--data", filepath.Join(s.dir, "data"), "--rpc", s.chain.RPC,
		"--keystore", s.keystore, "--account", payer, "--password-file", s.password, "--listen", "127.0.0.1:0",
		"--batch-age", "100ms", "--poll", "200ms", "--issuers", "open")
	node, err := anchortest.Launch(cmd, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := node.Stop(); err != nil {
			s.t.Errorf("node: %v", err)
		}
		if s.t.Failed() {
			s.t.Logf("node's log:\n%s", node)
		}
	})
	s.node = node.URL
}

// must runs a command that has to succeed and returns its standard output.
func (s *session) must(args ...string) string {
	s.t.Helper()
	stdout, stderr, code := s.try(args...)
	if code != 0 {
		s.t.Fatalf("%s: exit status %d\n%s%s", strings.Join(args[:min(len(args), 12)], " "), code, stdout, stderr)
	}
	return stdout
}

func (s *session) try(args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		s.t.Fatal(err)
	}
	return out.String(), errs.String(), code
}
