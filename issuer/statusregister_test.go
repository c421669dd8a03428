package issuer

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/secured"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/online"
	"github.com/hallmark-node/hallmark/verifier/online/onlinetest"
)

func newRegister(t *testing.T, base string) *StatusRegister {
	t.Helper()
	s, err := OpenStatusRegister(filepath.Join(t.TempDir(), "register"), base)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func draft(i int) []byte {
	return fmt.Appendf(nil, `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],`+
		`"issuer":"did:web:college.example","credentialSubject":{"id":"urn:uuid:%d"}}`, i)
}

// proofOf is a proof of a document, as far as a register looks at it.
func proofOf(t *testing.T, doc []byte) *verifier.Proof {
	t.Helper()
	id, err := credential.Sum(bytes.NewReader(doc), credential.FormAuto, "")
	if err != nil {
		t.Fatal(err)
	}
	return &verifier.Proof{Credential: id, Submission: verifier.Submission{Home: verifier.Home{Chain: 1}, Count: 1}}
}

func mustEntry(t *testing.T, s *StatusRegister, doc []byte) (int, []byte) {
	t.Helper()
	index, err := s.Entry(doc)
	if err != nil {
		t.Fatal(err)
	}
	with, err := s.AddStatus(doc, index)
	if err != nil {
		t.Fatal(err)
	}
	return index, with
}

// One credential has one entry, whatever happens to the process between, and whether its
// status and signature are in it already.
func TestRegisterEntries(t *testing.T) {
	s := newRegister(t, "https://college.example/status")
	index, with := mustEntry(t, s, draft(1))
	again, err := OpenStatusRegister(s.Path, "")
	if err != nil {
		t.Fatal(err)
	}
	signed := bytes.Replace(with, []byte(`{"@context"`), []byte(`{"proof":{"type":"x"},"@context"`), 1)
	for name, doc := range map[string][]byte{"the draft": draft(1), "with its status": with, "signed": signed} {
		if got, err := again.Entry(doc); got != index || err != nil {
			t.Errorf("%s: entry %d, %v; want %d", name, got, err, index)
		}
	}
	if other, _ := mustEntry(t, again, draft(2)); other == index {
		t.Error("two credentials have one entry")
	}
	if same, err := s.AddStatus(with, index); err != nil || !bytes.Equal(same, with) {
		t.Errorf("added twice: %v", err)
	}
	if _, err := s.AddStatus(signed, index+1); err == nil {
		t.Error("a signed credential was changed")
	}
	if !bytes.HasPrefix(with, bytes.TrimSuffix(draft(1), []byte("}"))) {
		t.Errorf("the rest was changed: %s", with)
	}
	for _, doc := range []string{"", "[]", "null", `{"a":1,"a":2}`, `{"a":1} x`, "%PDF"} {
		if _, err := s.Entry([]byte(doc)); err == nil {
			t.Errorf("%q has an entry", doc)
		}
	}
}

// Processes that hand out entries at once never give two credentials the same.
func TestRegisterAtOnce(t *testing.T) {
	s := newRegister(t, "https://college.example/status")
	var mu sync.Mutex
	var all sync.WaitGroup
	taken := make(map[int]int)
	for worker := range 4 {
		all.Go(func() {
			mine, err := OpenStatusRegister(s.Path, "https://college.example/status/")
			if err != nil {
				t.Error(err)
				return
			}
			for i := range 25 {
				index, err := mine.Entry(draft(worker*100 + i))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				taken[index]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(taken) != 100 {
		t.Errorf("%d entries for 100 credentials", len(taken))
	}
}

// A line that was cut off by a crash is passed over; one that was damaged is not.
func TestRegisterDamaged(t *testing.T) {
	s := newRegister(t, "https://college.example/status")
	index, _ := mustEntry(t, s, draft(1))
	data, err := os.ReadFile(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		file string
		ok   bool
	}{
		"cut off":               {string(data) + `{"index":7,"dra`, true},
		"blank lines":           {string(data) + "\n\n", true},
		"damaged":               {strings.Replace(string(data), `"draft"`, `"drafd"`, 1), false},
		"an entry too far":      {string(data) + `{"index":131072,"draft":"x"}`, false},
		"tied without an entry": {string(data) + `{"index":1,"credential":"x","tied":{}}`, false},
		"another version":       {strings.Replace(string(data), `"version":1`, `"version":2`, 1), false},
		"empty":                 {"", false},
		"something else":        {`{"a":1}`, false},
	} {
		if err := os.WriteFile(s.Path, []byte(tt.file), 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := OpenStatusRegister(s.Path, "")
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !tt.ok {
			continue
		}
		if got, err := again.Entry(draft(1)); got != index || err != nil {
			t.Errorf("%s: entry %d, %v; want %d", name, got, err, index)
		}
		mustEntry(t, again, draft(2))
		if _, err := OpenStatusRegister(s.Path, ""); err != nil {
			t.Errorf("%s, and written to: %v", name, err)
		}
	}
	if _, err := OpenStatusRegister(filepath.Join(t.TempDir(), "none"), ""); err == nil {
		t.Error("there is none")
	}
}

func TestRegisterTies(t *testing.T) {
	s := newRegister(t, "https://college.example/status")
	_, one := mustEntry(t, s, draft(1))
	if err := s.Tie(proofOf(t, draft(3)), draft(3)); !errors.Is(err, ErrNoEntry) {
		t.Errorf("a credential without an entry: %v", err)
	}
	if err := s.Tie(proofOf(t, one), one); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenStatusRegister(s.Path, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := again.IssuersOf(); len(got) != 1 || got[0].Home.Chain != 1 || again.Untied() != 0 {
		t.Errorf("%v, %d untied", got, again.Untied())
	}
	before, _ := os.ReadFile(s.Path)
	if err := errors.Join(again.Tie(proofOf(t, one), one), again.Tie(proofOf(t, one), nil), again.Save()); err != nil {
		t.Error(err)
	}
	if after, _ := os.ReadFile(s.Path); !bytes.Equal(before, after) {
		t.Error("what was known was written again")
	}
	forged := bytes.Replace(one, []byte("urn:uuid:1"), []byte("urn:uuid:2"), 1)
	if err := again.Tie(proofOf(t, forged), forged); err == nil || !strings.Contains(err.Error(), "that of another credential") {
		t.Errorf("an entry of another: %v", err)
	}
	index, _ := again.indexOf(one)
	foreign := bytes.ReplaceAll(one, fmt.Appendf(nil, `"%d"`, index), fmt.Appendf(nil, `"%d"`, (index+1)%StatusEntries))
	if err := again.Tie(proofOf(t, foreign), foreign); err == nil || !strings.Contains(err.Error(), "has not handed out") {
		t.Errorf("an entry of nobody: %v", err)
	}
}

// written is a folder with lists in which the first credential is revoked and the second is
// suspended, and these and a good one.
type written struct {
	folder, did string
	signer      StatusSigner
	lists       *Lists
	register    *StatusRegister
	docs        [][]byte // revoked, suspended, good
}

func writeLists(t *testing.T, base, did string) *written {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	w := &written{
		folder: t.TempDir(), did: did, signer: StatusSigner{key, did + "#key-1"}, register: newRegister(t, base),
		lists: &Lists{
			AsOf: time.Now().Add(-time.Minute).UTC().Truncate(time.Second), TTL: time.Hour, ValidFor: 30 * 24 * time.Hour,
			bits: map[string][]byte{PurposeRevocation: make([]byte, StatusEntries/8), PurposeSuspension: make([]byte, StatusEntries/8)},
		},
	}
	for i, purpose := range []string{PurposeRevocation, PurposeSuspension, ""} {
		doc := bytes.Replace(draft(i), []byte("did:web:college.example"), []byte(did), 1)
		index, with := mustEntry(t, w.register, doc)
		if err := w.register.Tie(proofOf(t, with), with); err != nil {
			t.Fatal(err)
		}
		if purpose != "" {
			mark(w.lists.bits[purpose], index)
		}
		w.docs = append(w.docs, with)
	}
	states, err := w.register.Write(w.folder, w.lists, w.signer)
	if err != nil || len(states) != 2 || states[0].Count != 1 || states[1].Count != 1 {
		t.Fatalf("%v, %v", states, err)
	}
	return w
}

// didDocument is the document of the issuer of the lists.
func (w *written) didDocument(t *testing.T) []byte {
	t.Helper()
	did, _ := secured.DIDKey(w.signer.Key.Public().(ed25519.PublicKey))
	data, err := json.Marshal(map[string]any{
		"@context": []string{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"}, "id": w.did,
		"verificationMethod": []any{map[string]any{
			"id": w.did + "#key-1", "type": "Multikey", "controller": w.did, "publicKeyMultibase": strings.TrimPrefix(did, "did:key:"),
		}},
		"assertionMethod": []string{w.did + "#key-1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The same state gives the same bytes, and nothing is written before it is time.
func TestListsStay(t *testing.T) {
	w := writeLists(t, "https://college.example/status", "did:web:college.example")
	path := filepath.Join(w.folder, "revocation.json")
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write := func() bool {
		t.Helper()
		states, err := w.register.Write(w.folder, w.lists, w.signer)
		if err != nil {
			t.Fatal(err)
		}
		return states[0].Written
	}
	if !write() {
		t.Error("it was not written")
	}
	if again, _ := os.ReadFile(path); !bytes.Equal(again, first) {
		t.Error("it is another one")
	}
	at := w.lists.AsOf
	w.lists.AsOf = at.Add(14 * 24 * time.Hour)
	if write() {
		t.Error("written before half of its time")
	}
	w.lists.AsOf = at.Add(16 * 24 * time.Hour)
	if !write() {
		t.Error("not written after half of its time")
	}
	// What is older than the list that is there does not replace it.
	clear(w.lists.bits[PurposeRevocation])
	w.lists.AsOf = at
	if _, err := w.register.Write(w.folder, w.lists, w.signer); err == nil || !strings.Contains(err.Error(), "caught up") {
		t.Errorf("%v", err)
	}
	w.lists.AsOf = at.Add(17 * 24 * time.Hour)
	if !write() { // reinstated
		t.Error("not written after a change")
	}
	for _, damaged := range []string{"", "{}", `{"id":"https://other.example/revocation.json"}`} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.register.Write(w.folder, w.lists, w.signer); err == nil {
			t.Errorf("%q was replaced", damaged)
		}
	}
}

// What verify --online makes of the lists.
func TestListsOnline(t *testing.T) {
	web := onlinetest.New(t)
	var w *written
	host := web.Serve(t, "localhost", http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/did.json" {
			fmt.Fprintf(out, "%s", w.didDocument(t))
			return
		}
		http.StripPrefix("/status/", http.FileServer(http.Dir(w.folder))).ServeHTTP(out, r)
	}))
	w = writeLists(t, "https://"+host+"/status", "did:web:"+strings.Replace(host, ":", "%3A", 1))
	f := online.New(online.Options{Private: true, Roots: web.Roots})
	for i, want := range []verifier.Reason{verifier.ReasonRevoked, verifier.ReasonSuspended, ""} {
		got := f.Status(t.Context(), w.docs[i], credential.Describe(w.docs[i]))
		if got.Reason != want || (got.Result == verifier.Pass) != (want == "") {
			t.Errorf("credential %d: %+v, want %q", i, got, want)
		}
	}
}

// What npm packages that know nothing of Hallmark make of the lists: they check the signature, too.
func TestNpmStatusList(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	tool := filepath.Join("..", "credential", "testdata", "npm")
	if _, err := os.Stat(filepath.Join(tool, "node_modules", "@digitalbazaar", "vc-bitstring-status-list")); err != nil {
		t.Skip("vc-bitstring-status-list is not installed: make credential/testdata/npm/node_modules")
	}
	w := writeLists(t, "https://college.example/status", "did:web:college.example")
	file := func(name string, data []byte) string {
		path := filepath.Join(w.folder, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	revocation := filepath.Join(w.folder, "revocation.json")
	says := func(doc []byte) string {
		t.Helper()
		var stderr bytes.Buffer
		c := exec.Command(node, filepath.Join(tool, "status.mjs"), file("doc.json", doc), file("did.json", w.didDocument(t)),
			revocation, filepath.Join(w.folder, "suspension.json"))
		c.Stderr = &stderr
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, stderr.Bytes())
		}
		return strings.TrimSpace(string(out))
	}
	for i, want := range []string{
		"revocation=true suspension=false", "revocation=false suspension=true", "revocation=false suspension=false",
	} {
		if got := says(w.docs[i]); got != want {
			t.Errorf("credential %d: %s, want %s", i, got, want)
		}
	}
	list, err := os.ReadFile(revocation)
	if err != nil {
		t.Fatal(err)
	}
	file("revocation.json", bytes.Replace(list, []byte(`"ttl": 3600000`), []byte(`"ttl": 3600001`), 1))
	if got := says(w.docs[2]); !strings.Contains(got, "not verified") {
		t.Errorf("with a changed list: %s", got)
	}
}
