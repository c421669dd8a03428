package issuer

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/identity"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

var testKey = verifier.Address{0x5a, 0xae, 19: 0x01}

const day = 24 * time.Hour

// certificateFor is a certificate that names the key for domains, from a day ago until an end.
func certificateFor(
	t *testing.T, a *verifiertest.Authority, key verifier.Address, chain verifier.ChainID, until time.Duration, domains ...string,
) []byte {
	t.Helper()
	var names []string
	for _, domain := range domains {
		naming, err := NamingOf(key, chain, domain)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, naming.Certificate)
	}
	return a.Evidence(t, names, time.Now().Add(-day), time.Now().Add(until))
}

// Kept evidence is found by whom it is for, and what else is in the folder is left alone.
func TestKeepIdentity(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "identity")
	if all, err := Identities(folder, testKey); err != nil || len(all) > 0 {
		t.Fatalf("of no folder: %v, %v", all, err)
	}
	other := verifier.Address{1}
	for i, one := range []Identity{
		{Kind: identity.KindX509, Address: testKey, Domain: "college.example"},
		{Kind: identity.KindX509, Address: testKey, Domain: "college.example", Chain: 100},
		{Kind: identity.KindDNSSEC, Address: testKey, Domain: "xn--bcher-kva.example"},
		{Kind: identity.KindX509, Address: other, Domain: "eip155-1.example"},
		{Kind: identity.KindX509, Address: testKey, Domain: "college.example"}, // in place of the first
	} {
		one.Data = []byte{0x30, byte(i)}
		if one.Kind == identity.KindDNSSEC {
			one.Data[0] = 9
		}
		if err := one.Keep(folder); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"notes.txt", "college.example.x509", "5aae_college.example.x509", ".hidden"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("0"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(filepath.Join(folder, "5aae000000000000000000000000000000000001_college.example_eip155-100.x509"))
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info, err)
	}
	for address, want := range map[verifier.Address][]string{
		testKey: {"college.example x509 0 4", "college.example x509 100 1", "xn--bcher-kva.example dnssec 0 2"},
		other:   {"eip155-1.example x509 0 3"},
		{}: {
			"eip155-1.example x509 0 3", "college.example x509 0 4", "college.example x509 100 1", "xn--bcher-kva.example dnssec 0 2",
		},
	} {
		all, err := Identities(folder, address)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range all {
			got = append(got, fmt.Sprintf("%s %s %d %d", i.Domain, i.Kind, i.Chain, i.Data[1]))
		}
		if !slices.Equal(got, want) {
			t.Errorf("of %s: %q, want %q", address, got, want)
		}
	}
}

func TestReadIdentity(t *testing.T) {
	folder := t.TempDir()
	read := func(name string, data []byte) (*Identity, error) {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return ReadIdentity(path)
	}
	certs := [][]byte{{0x30, 1, 2, 3}, {0x30, 4, 5}}
	text := []byte("# from the authority\n")
	for _, der := range certs {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("not this")})...)
	for name, data := range map[string][]byte{"chain.pem": text, "chain.der": slices.Concat(certs...)} {
		if i, err := read(name, data); err != nil || i.Kind != identity.KindX509 || !bytes.Equal(i.Data, slices.Concat(certs...)) {
			t.Errorf("%s: %+v, %v", name, i, err)
		}
	}
	if i, err := read("records", []byte("\x09_hallmark\x07college")); err != nil || i.Kind != identity.KindDNSSEC {
		t.Errorf("records: %+v, %v", i, err)
	}
	for name, data := range map[string][]byte{
		"empty": {}, "key.pem": []byte("-----BEGIN CERTIFICATE-----\nnone"), "large": make([]byte, verifier.MaxIdentityEvidence+1),
		"larger": make([]byte, maxIdentityFile+1),
	} {
		if i, err := read(name, data); err == nil {
			t.Errorf("%s: %+v", name, i)
		}
	}
}

// What goes into a submission names the key now, for its home, once for a domain, and at most
// as often as a submission has room.
func TestChoose(t *testing.T) {
	a := verifiertest.NewAuthority(t)
	evidence := func(key verifier.Address, chain verifier.ChainID, until time.Duration, domains ...string) *Identity {
		data := certificateFor(t, a, key, chain, until, domains...)
		return &Identity{Path: fmt.Sprint(domains, " ", chain, " ", until), Kind: identity.KindX509, Data: data}
	}
	ethereum := verifier.Home{Chain: 1, Registry: verifier.RegistryAddress}
	gnosis := verifier.Home{Chain: 100, Registry: verifier.RegistryAddress}
	long, short := evidence(testKey, 0, 60*day, "college.example"), evidence(testKey, 0, 10*day, "college.example")
	there := evidence(testKey, 100, 5*day, "college.example")
	past, others := evidence(testKey, 0, -time.Hour, "college.example"), evidence(verifier.Address{1}, 0, 60*day, "college.example")
	for _, c := range []struct {
		name                string
		all                 []*Identity
		home                verifier.Home
		chosen, left, warns []*Identity
	}{
		{"nothing", nil, ethereum, nil, nil, nil},
		{"valid", []*Identity{long}, ethereum, []*Identity{long}, nil, nil},
		{"run out, and of another key", []*Identity{past, others}, ethereum, nil, nil, nil},
		{"what ends last", []*Identity{short, long}, ethereum, []*Identity{long}, nil, nil},
		{"no chain, at another home", []*Identity{long}, gnosis, []*Identity{long}, nil, []*Identity{long}},
		{"the chain of the home goes before none", []*Identity{long, there}, gnosis, []*Identity{there}, nil, nil},
		{"of another chain", []*Identity{there}, ethereum, nil, []*Identity{there}, nil},
		{
			"too many", []*Identity{
				evidence(testKey, 0, 11*day, "a.example"), evidence(testKey, 0, 12*day, "b.example"), evidence(testKey, 0, 13*day, "c.example"),
				long, evidence(testKey, 0, 14*day, "d.example"),
			}, ethereum, nil, nil, nil,
		},
	} {
		chosen, left := Choose(c.all, a.Anchors(), testKey, c.home, time.Now())
		if c.name == "too many" {
			if len(chosen) != verifier.MaxIdentity || chosen[0].Identity != long {
				t.Errorf("%s: %v", c.name, chosen)
			}
			continue
		}
		var got, warned, out []*Identity
		for _, one := range chosen {
			got = append(got, one.Identity)
			if one.Elsewhere {
				warned = append(warned, one.Identity)
			}
		}
		for _, one := range left {
			out = append(out, one.Identity)
		}
		if !slices.Equal(got, c.chosen) || !slices.Equal(out, c.left) || !slices.Equal(warned, c.warns) {
			t.Errorf("%s: chosen %v, left out %v, warned of %v", c.name, got, out, warned)
		}
	}
}

// forgetful is a node that loses the first submission that is sent to it and keeps the next.
type forgetful struct {
	most   int
	posted [][]merkle.Hash // leaves of each submission
	counts []uint64
}

func (f *forgetful) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost:
		s, leaves, err := client.ReadSubmission(r.Body)
		if err == nil {
			s.Leaves = make([]merkle.Hash, s.Count)
			err = leaves(s.Leaves)
		}
		if err == nil {
			err = s.Verify()
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		f.posted, f.counts = append(f.posted, s.Leaves), append(f.counts, s.Count)
		if len(f.posted) == 1 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusAccepted)
		_ = json.NewEncoder(w).Encode(map[string]any{"id": s.ID(), "state": "accepted"})
	case r.URL.Path == "/v1/info":
		_, _ = fmt.Fprintf(w, `{"homes":["eip155:1:%s"],"maxLeaves":%d}`, verifier.RegistryAddress, f.most)
	default:
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"detail":"it is not here"}`))
	}
}

// Evidence is part of what is signed. A submission that is sent once more after a crash has
// the same leaves, with the evidence that it began with, each once.
func TestSubmitEvidence(t *testing.T) {
	a := verifiertest.NewAuthority(t)
	private, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key := chain.NewKey(private)
	evidence := &Identity{Kind: identity.KindX509, Data: certificateFor(t, a, key.Address(), 0, 60*day, "college.example")}
	texts := []string{"one", "two", "three"}
	for _, archived := range []bool{false, true} {
		t.Run(fmt.Sprintf("archived %v", archived), func(t *testing.T) {
			node := &forgetful{most: 4}
			server := httptest.NewServer(node)
			defer server.Close()
			at, err := client.New(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			folder := t.TempDir()
			asked := 0
			s := &Submitter{
				Node: at, Key: func(verifier.Home) (Key, error) { return key, nil },
				Evidence: func(home verifier.Home, address verifier.Address) ([]*Identity, error) {
					if asked++; address != key.Address() || home.Chain != 1 {
						t.Errorf("asked for %s at %s", address, home)
					}
					return []*Identity{evidence}, nil
				},
			}
			inputs := func() (all []*Input) {
				for _, text := range texts {
					id, err := credential.Sum(strings.NewReader(text), credential.FormRaw, "")
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, &Input{List: text, CID: id.Bytes()})
				}
				return all
			}
			submit := func() ([]*Submitted, error) {
				if archived {
					return s.SubmitArchive(t.Context(), pairs(inputs()), filepath.Join(folder, "all.proofs"))
				}
				list, err := Credentials(inputs(), folder)
				if err != nil {
					t.Fatal(err)
				}
				return s.Submit(t.Context(), list)
			}
			if _, err := submit(); err == nil {
				t.Fatal("a node that broke off took it")
			}
			s.Evidence = func(verifier.Home, verifier.Address) ([]*Identity, error) { return nil, errors.New("asked again") }
			done, err := submit()
			if err != nil {
				t.Fatal(err)
			}
			if len(done) != 1 || done[0].Count != 3 || !done[0].Sent || !done[0].Known {
				t.Errorf("%+v", done[0])
			}
			if len(node.posted) != 2 || node.counts[1] != 4 || !slices.Equal(node.posted[0], node.posted[1]) || asked != 1 {
				t.Errorf("sent %v, of %d leaves, asked %d times", node.posted, node.counts, asked)
			}

			var proofs []*verifier.Proof
			if archived {
				archive, err := OpenArchive(filepath.Join(folder, "all.proofs"))
				if err != nil {
					t.Fatal(err)
				}
				defer archive.Close()
				for e, err := range archive.Entries(0, archive.Len()) {
					if err != nil {
						t.Fatal(err)
					}
					proofs = append(proofs, e.Proof)
				}
				leaves, err := archive.Proofs()[0].Leaves(nil)
				if err != nil || len(leaves) != 3 {
					t.Errorf("an archive of %d leaves that are credentials, %v", len(leaves), err)
				}
			} else {
				for _, one := range done[0].Of {
					proofs = append(proofs, one.Proof)
				}
			}
			if len(proofs) != 3 {
				t.Fatalf("%d proofs", len(proofs))
			}
			for _, p := range proofs {
				entries := p.Submission.Identity
				if len(entries) != 1 || entries[0].Kind != identity.KindX509 || !bytes.Equal(entries[0].Evidence, evidence.Data) {
					t.Fatalf("evidence %+v", entries)
				}
				e := &entries[0]
				if e.Salt.IsZero() || merkle.Root(e.Leaf(), e.Path) != SubmissionRoot(p) || !slices.Contains(node.posted[0], e.Leaf()) {
					t.Error("the evidence is no leaf of the submission")
				}
				if CredentialCount(p) != 3 || Sound(p, nil) != nil {
					t.Errorf("%d credentials, %v", CredentialCount(p), Sound(p, nil))
				}
			}
		})
	}
}

// The evidence takes one of the leaves that a node allows.
func TestEvidenceTakesRoom(t *testing.T) {
	private, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	for most, want := range map[int]string{
		2: "the node takes at most 1 credentials in one submission, not 2: of its 2 leaves the evidence of who the issuer is takes 1",
		1: "the node takes at most 1 leaves in one submission, and the evidence of who the issuer is takes 1",
	} {
		server := httptest.NewServer(&forgetful{most: most})
		defer server.Close()
		at, err := client.New(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		s := &Submitter{
			Node: at, Key: func(verifier.Home) (Key, error) { return chain.NewKey(private), nil },
			Evidence: func(verifier.Home, verifier.Address) ([]*Identity, error) {
				return []*Identity{{Kind: identity.KindX509, Data: []byte{0x30}}}, nil
			},
		}
		folder := t.TempDir()
		list, err := Credentials([]*Input{
			{List: "a", CID: rawCID(t, "a")}, {List: "b", CID: rawCID(t, "b")},
		}, folder)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Submit(t.Context(), list); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
		if left, err := os.ReadDir(folder); err != nil && !errors.Is(err, fs.ErrNotExist) || len(left) > 0 {
			t.Errorf("%v is left, %v", left, err)
		}
	}
}

func rawCID(t *testing.T, text string) []byte {
	t.Helper()
	id, err := credential.Sum(strings.NewReader(text), credential.FormRaw, "")
	if err != nil {
		t.Fatal(err)
	}
	return id.Bytes()
}

func pairs(inputs []*Input) iter.Seq2[*Input, error] {
	return func(yield func(*Input, error) bool) {
		for _, in := range inputs {
			if !yield(in, nil) {
				return
			}
		}
	}
}
