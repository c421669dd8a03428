package api

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

// ask makes a GET request as a client that encodes and compares nothing itself.
func (e *env) ask(t *testing.T, method, path string, header http.Header) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, e.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	return exchange(t, plainTransport.RoundTrip, request)
}

var plainTransport = &http.Transport{DisableCompression: true}

// wantEncoded checks that a path answers with a body, as it is and compressed, with an
// ETag for each, and with 304 to whoever has it.
func wantEncoded(t *testing.T, e *env, path string, want []byte) {
	t.Helper()
	tags := make(map[string]bool)
	for _, coding := range []string{"", "gzip"} {
		header := http.Header{}
		if coding != "" {
			header.Set("Accept-Encoding", coding)
		}
		response, body := e.ask(t, http.MethodGet, path, header)
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Encoding") != coding ||
			response.ContentLength != int64(len(body)) {
			t.Errorf("%s for %q: %s, %v", path, coding, response.Status, response.Header)
		}
		if coding == "gzip" {
			if len(body) >= len(want) {
				t.Errorf("%s: %d bytes compressed, %d are there", path, len(body), len(want))
			}
			body = unzipOne(t, body)
		}
		if !bytes.Equal(body, want) {
			t.Errorf("%s for %q:\n%s\nwant\n%s", path, coding, body, want)
		}
		tag := response.Header.Get("ETag")
		if tag == "" || tags[tag] || response.Header.Get("Vary") != "Accept-Encoding" ||
			response.Header.Get("Cache-Control") != "no-cache" || response.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", path, response.Header)
		}
		tags[tag] = true
		header.Set("If-None-Match", `"other", W/`+tag)
		again, body := e.ask(t, http.MethodGet, path, header)
		if again.StatusCode != http.StatusNotModified || len(body) > 0 || again.Header.Get("ETag") != tag ||
			again.Header.Get("Vary") != "Accept-Encoding" || again.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s with its own ETag: %s, %v", path, again.Status, again.Header)
		}
		if coding != "" {
			continue // HEAD is answered as if nothing were compressed
		}
		head, _ := e.ask(t, http.MethodHead, path, nil)
		if head.StatusCode != http.StatusOK || head.Header.Get("ETag") != tag {
			t.Errorf("HEAD %s: %s, %v", path, head.Status, head.Header)
		}
	}
}

// wantServedAlike checks that a final proof, whose evidence is encoded apart, is byte for
// byte the JSON form of what the node returns.
func wantServedAlike(t *testing.T, e *env, id, leaf merkle.Hash) []byte {
	t.Helper()
	path := "/v1/proofs/" + leaf.String()
	check := func(path string, p client.LeafProof, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var served client.LeafProof
		if _, body := e.call(t, http.MethodGet, path, "", nil); json.Unmarshal(body, &served) != nil {
			t.Fatalf("%s", body)
		}
		p.Hints = served.Hints // the server's URL is among them
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		wantEncoded(t, e, path, text)
		return text
	}
	p, err := e.node.Serving.Proof(t.Context(), leaf, false)
	check(path, p, err)
	check(path+"?fresh=false", p, err)
	p, err = e.node.Serving.ProofIn(t.Context(), id, leaf, false)
	return check(path+"?submission="+id.String(), p, err)
}

// Submissions of each size, in one batch and in several; what is revoked afterwards is
// served as such.
func TestServedAlike(t *testing.T) {
	e := open(t, true, nil)
	is := newIssuer(t)
	var all []*publish.Submission
	for _, n := range []int{1, 2, 40, 1500, 33_000} {
		s := is.submission(t, e.home, leaves(n, t.Name()+string(rune(n)))...)
		if _, err := e.client.Submit(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	for _, s := range all {
		e.awaitFinal(t, e.client, s.ID())
		wantServedAlike(t, e, s.ID(), s.Leaves[len(s.Leaves)/2])
	}
	revoked := all[2].Leaves[7]
	setStatus(t, e, is, e.home, 1, func() { mine(t, testChain) }, verifier.StatusItem{ID: revoked, Code: verifier.StatusRevoked})
	for _, s := range all {
		body := wantServedAlike(t, e, s.ID(), s.Leaves[len(s.Leaves)/2])
		if !bytes.Contains(body, []byte(`"status":[`)) {
			t.Errorf("no status in %s", body)
		}
	}
	if body := wantServedAlike(t, e, all[2].ID(), revoked); !strings.Contains(string(body), `"code":2`) {
		t.Errorf("revoked, and served as %s", body)
	}
}

func mine(t *testing.T, chains ...*testnet.Chain) {
	t.Helper()
	for _, c := range chains {
		if err := c.Mine(t.Context(), 1); err != nil {
			t.Error(err)
		}
	}
}

// setStatus sets an issuer's list in a registry and waits until that is final.
func setStatus(t *testing.T, e *env, is issuer, home verifier.Home, version uint64, mine func(), items ...verifier.StatusItem) {
	t.Helper()
	list, err := publish.WriteStatusList(is.address, version, items, func(publish.Block) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	const deadline = 1 << 40
	signature := is.sign(t, verifier.SetStatusDigest(home, is.address, version, list.Root, list.List, deadline))
	if err := e.client.SetStatus(t.Context(), publish.StatusUpdate{
		Issuer: is.address, Home: home, Version: version, Items: items, Deadline: deadline, Signature: signature[:],
	}); err != nil {
		t.Fatal(err)
	}
	_, err = e.client.AwaitIssuer(t.Context(), home, is.address, func(s client.IssuerStatus) bool {
		mine()
		return s.Version == version && s.Pending == nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A store with everything in it that decides which anchors a proof has: two chains,
// homes on both, leaves in several submissions, some of them revoked, on both chains or
// on one; batches that came to the second chain later; and then a home that is gone, of
// which one issuer has said its status again, and one has not.
func TestServedAlikeOnChains(t *testing.T) {
	other := testchain.Start(t, testnet.Config{ChainID: 4242})
	data := t.TempDir()
	var first, second anchor.ChainConfig
	reopen := func(chains ...*anchor.ChainConfig) *env {
		return open(t, true, func(c *anchor.Config, _ *Config) {
			if first.RPC == nil {
				first = c.Chains[0]
				first.Chain = verifier.ChainID(testChain.ChainID)
				second = first
				second.RPC, second.Key, second.Chain = []string{other.RPC}, chain.NewKey(other.Accounts[0].PrivateKey), 4242
			}
			c.Data, c.Chains = data, nil
			for _, of := range chains {
				c.Chains = append(c.Chains, *of)
			}
		})
	}
	both := func() { mine(t, testChain, other) }

	type served struct {
		s       *publish.Submission
		leaf    merkle.Hash
		anchors int
		code    uint8 // of the first anchor
	}
	check := func(e *env, all []served) {
		t.Helper()
		for i, want := range all {
			path := "/v1/proofs/" + want.leaf.String() + "?submission=" + want.s.ID().String()
			var got client.LeafProof
			awaitTrue(t, fmt.Sprintf("proof %d has %d anchors and code %d", i, want.anchors, want.code), func() bool {
				both()
				response, body := e.call(t, http.MethodGet, path, "", nil)
				if response.StatusCode/100 != 2 {
					t.Fatalf("%s: %s", response.Status, body)
				}
				got = client.LeafProof{}
				if err := json.Unmarshal(body, &got); err != nil {
					t.Fatal(err)
				}
				return len(got.Anchors) == want.anchors && codeOf(got.Anchors[0], want.leaf, want.s.Root) == want.code
			})
			wantServedAlike(t, e, want.s.ID(), want.leaf)
		}
	}

	// One chain, and then a second one, to which all goes that comes afterwards.
	e := reopen(&first)
	home := e.home
	one, two := newIssuer(t), newIssuer(t)
	submit := func(is issuer, at verifier.Home, leaves ...merkle.Hash) *publish.Submission {
		t.Helper()
		s := is.submission(t, at, leaves...)
		if _, err := e.client.Submit(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		e.awaitFinalOn(t, s.ID(), both)
		return s
	}
	a := leaves(40, t.Name()+"a")
	early := submit(one, home, a...)
	again := submit(two, home, a[:3]...) // leaves that somebody else had before
	check(e, []served{{early, a[0], 1, 0}, {again, a[0], 1, 0}, {early, a[30], 1, 0}})
	e.stop()

	e = reopen(&first, &second)
	there := e.node.Info().Chains[1].Home
	b := leaves(5, t.Name()+"b")
	late := submit(one, home, b...)
	away := submit(one, there, append(leaves(3, t.Name()+"c"), a[0])...)
	check(e, []served{{early, a[0], 1, 0}, {late, b[0], 2, 0}, {away, away.Leaves[1], 2, 0}})
	if _, err := e.node.Pipeline.Reanchor(t.Context(), home.Chain, there.Chain, nil); err != nil {
		t.Fatal(err)
	}
	check(e, []served{{early, a[0], 2, 0}, {again, a[0], 2, 0}, {early, a[30], 2, 0}, {away, a[0], 2, 0}})

	// What an issuer says on one chain changes nothing of what the other one shows.
	setStatus(t, e, one, home, 1, both, verifier.StatusItem{ID: b[1], Code: verifier.StatusRevoked})
	setStatus(t, e, two, there, 1, both, verifier.StatusItem{ID: again.Root, Code: verifier.StatusSuspended})
	check(e, []served{
		{late, b[0], 2, 0},
		{late, b[1], 2, verifier.StatusRevoked},
		{early, a[30], 2, 0},
		{again, a[1], 2, 0},
		{away, away.Leaves[1], 2, 0},
		{early, a[0], 2, 0},
	})
	pending := one.submission(t, home, append(leaves(2, t.Name()+"d"), b[2])...)
	if _, err := e.client.Submit(t.Context(), pending); err != nil { // not final when the chain is gone
		t.Fatal(err)
	}
	check(e, []served{{late, b[2], 2, 0}})
	e.stop()

	// The first chain is gone. What it showed last is served still, and comes first.
	e = reopen(&second)
	check(e, []served{
		{late, b[0], 2, 0},
		{late, b[1], 2, verifier.StatusRevoked},
		{early, a[30], 2, 0},
		{again, a[1], 2, 0},
		{away, away.Leaves[1], 2, 0},
	})
	setStatus(t, e, one, there, 1, both, verifier.StatusItem{ID: b[1], Code: verifier.StatusRevoked})
	check(e, []served{
		{late, b[0], 2, 0},
		{late, b[1], 2, verifier.StatusRevoked},
		{early, a[30], 2, 0},
		{again, a[1], 2, 0},
		{away, away.Leaves[1], 2, 0},
		{early, a[0], 2, 0},
	})
	setStatus(t, e, one, there, 2, both) // and may take it back
	check(e, []served{{late, b[1], 2, verifier.StatusRevoked}})
}

// codeOf returns what an anchor's status says of ids.
func codeOf(a verifier.Anchor, ids ...merkle.Hash) (code uint8) {
	for _, e := range a.Status {
		if slices.Contains(ids, e.ID) {
			code = max(code, e.Code)
		}
	}
	return code
}

// awaitFinalOn waits until a submission is final on every chain that it goes to.
func (e *env) awaitFinalOn(t *testing.T, id merkle.Hash, mine func()) {
	t.Helper()
	awaitTrue(t, "it is final everywhere", func() bool {
		mine()
		s, err := e.client.Status(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return s.Batch != nil && !slices.ContainsFunc(s.Chains, func(c client.ChainState) bool { return c.State != publish.Final })
	})
}

// awaitTrue asks again and again until the answer is yes.
func awaitTrue(t *testing.T, what string, ask func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ask(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came that %s", what)
		}
	}
}
