package live_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/live"
)

var (
	genesis = merkle.Keccak256([]byte("genesis"))
	block   = merkle.Keccak256([]byte("block"))
	fork    = merkle.Keccak256([]byte("fork"))
	header  = verifier.Header{Chain: 1, Genesis: genesis, Hash: block, Number: 100}
)

// chain answers as an RPC server of a chain whose block 100 is hash and whose
// finality reaches up to final.
func chain(genesis, hash verifier.Hash, final int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Params []any `json:"params"`
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			panic(err)
		}
		answers := map[any]string{
			"0x0":       fmt.Sprintf(`{"hash":"%s","number":"0x0"}`, genesis),
			"0x64":      fmt.Sprintf(`{"hash":"%s","number":"0x64"}`, hash),
			"finalized": fmt.Sprintf(`{"hash":"%s","number":"0x%x"}`, fork, final),
		}
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":1,"result":%s}`, answers[q.Params[0]])
	}
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func TestFinal(t *testing.T) {
	honest := chain(genesis, block, 200)
	for _, tt := range []struct {
		name    string
		servers []http.HandlerFunc
		quorum  int
		final   bool
		says    string
	}{
		{"one server", []http.HandlerFunc{honest}, 0, true, "1 of 1"},
		{"finality exactly there", []http.HandlerFunc{chain(genesis, block, 100)}, 0, true, ""},
		{"three agree", []http.HandlerFunc{honest, honest, honest}, 3, true, "3 of 3"},
		{"one of three is down", []http.HandlerFunc{honest, honest, nil}, 0, true, "2 of 3"},
		{"one of three is down and all are wanted", []http.HandlerFunc{honest, honest, nil}, 3, false, "cannot be reached"},
		{"down", []http.HandlerFunc{nil}, 0, false, "cannot be reached"},
		{"429", []http.HandlerFunc{says(429, "slow down")}, 0, false, "429"},
		{"502", []http.HandlerFunc{says(502, "<html>")}, 0, false, "502"},
		{"garbage", []http.HandlerFunc{says(200, "<html>hello</html>")}, 0, false, "nonsense"},
		{"empty", []http.HandlerFunc{says(200, "")}, 0, false, "nonsense"},
		{"an error", []http.HandlerFunc{says(200, `{"error":{"message":"no such method"}}`)}, 0, false, "no such method"},
		{"null", []http.HandlerFunc{says(200, `{"result":null}`)}, 0, false, "does not know"},
		{"a block without hash", []http.HandlerFunc{says(200, `{"result":{}}`)}, 0, false, "another chain"},
		{"a flood", []http.HandlerFunc{says(200, strings.Repeat("[", 5<<20))}, 0, false, "nonsense"},
		{"another chain", []http.HandlerFunc{chain(fork, block, 200)}, 0, false, "another chain"},
		{"not yet final", []http.HandlerFunc{chain(genesis, block, 99)}, 0, false, "up to block 99"},
		{"a fork", []http.HandlerFunc{chain(genesis, fork, 200)}, 0, false, "another block"},
		{"one of three names a fork", []http.HandlerFunc{honest, honest, chain(genesis, fork, 200)}, 1, false, "another block"},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "-"), func(t *testing.T) {
			var urls []string
			for _, h := range tt.servers {
				s := httptest.NewServer(h)
				if h == nil {
					s.Close()
				} else {
					defer s.Close()
				}
				urls = append(urls, s.URL+"/secret-key")
			}
			c, err := live.New(context.Background(), urls, tt.quorum)
			if err != nil {
				t.Fatal(err)
			}
			final, detail := c.Final(header)
			if final != tt.final || !strings.Contains(detail, tt.says) {
				t.Errorf("got %v, %q; want %v and a mention of %q", final, detail, tt.final, tt.says)
			}
			if strings.Contains(detail, "secret-key") {
				t.Errorf("%q gives away a URL's path", detail)
			}
		})
	}
}

func TestFinalAsksOnce(t *testing.T) {
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		chain(genesis, block, 200)(w, r)
	}))
	defer s.Close()
	c, err := live.New(context.Background(), []string{s.URL}, 0)
	if err != nil {
		t.Fatal(err)
	}
	c.Final(header)
	before := asked.Load()
	if final, _ := c.Final(header); !final || asked.Load() != before {
		t.Errorf("final %v, asked %d times more", final, asked.Load()-before)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, tt := range []struct {
		urls   []string
		quorum int
	}{
		{nil, 0},
		{[]string{"localhost:8545"}, 0},
		{[]string{"ws://localhost:8545"}, 0},
		{[]string{"http://a/1", "http://A/2"}, 2},
		{[]string{"http://a"}, -1},
		{[]string{"http://"}, 0},
		{[]string{"http://:8545"}, 0},
		{[]string{"http://a:99999"}, 0},
		{[]string{"http://127.1"}, 0},
		{[]string{"http://0x7f000001"}, 0},
	} {
		if _, err := live.New(context.Background(), tt.urls, tt.quorum); err == nil {
			t.Errorf("%v with a quorum of %d was taken", tt.urls, tt.quorum)
		}
	}
}

// Servers with one host and port are one, however they are written: a quorum of two
// cannot be had from it.
func TestOneServerInTwoSpellings(t *testing.T) {
	for _, urls := range [][]string{
		{"https://a.example", "https://a.example:443"},
		{"https://a.example", "https://a.example:0443"},
		{"https://a.example", "https://a.example:"},
		{"https://a.example", "https://a.example./key"},
		{"https://a.example", "HTTPS://A.Example"},
		{"https://a.example", "https://user:word@a.example"},
		{"https://a.example", "http://a.example:443"},
		{"http://a.example", "http://a.example:80"},
		{"https://a.example", "https://a\u3002example"},
		{"https://b\u00fccher.example", "https://xn--bcher-kva.example"},
		{"https://b\u00fccher.example", "https://B\u00dcCHER.example"},
		{"https://b\u00fccher.example", "https://b%C3%BCcher.example"},
		{"http://[::1]:8545", "http://[0:0:0:0:0:0:0:1]:8545"},
		{"http://[::1]:8545", "http://localhost:8545"},
		{"http://127.0.0.1:8545", "http://LOCALHOST.:8545"},
		{"http://127.0.0.1:8545", "http://0.0.0.0:8545"},
		{"http://192.0.2.1", "http://[::ffff:192.0.2.1]"},
		{"http://192.0.2.1", "http://[::ffff:c000:201]:80"},
		{"http://[2001:DB8::1]", "http://[2001:db8:0::1]:80"},
		{"http://[fe80::1%25eth0]", "http://[fe80::1%25eth1]"},
	} {
		if _, err := live.New(context.Background(), urls, 2); err == nil {
			t.Errorf("%q count as two", urls)
		}
		if _, err := live.New(context.Background(), urls, 1); err != nil {
			t.Errorf("%q: %v", urls, err)
		}
	}
	for _, urls := range [][]string{
		{"https://a.example", "https://b.example"},
		{"https://a.example", "https://a.example:8443"},
		{"http://127.0.0.1:1", "http://127.0.0.1:2"},
	} {
		if _, err := live.New(context.Background(), urls, 2); err != nil {
			t.Errorf("%q do not count as two: %v", urls, err)
		}
	}
}

// A block that is replaced while its server is asked was never final: finality is
// asked for first, and what is read below it then stays.
func TestFinalDuringReorg(t *testing.T) {
	var replaced atomic.Bool
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if bytes.Contains(body, []byte("finalized")) {
			replaced.Store(true)
		}
		if replaced.Load() {
			chain(genesis, fork, 200)(w, r)
		} else {
			chain(genesis, block, 50)(w, r)
		}
	}))
	defer s.Close()
	c, err := live.New(context.Background(), []string{s.URL}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if final, detail := c.Final(header); final {
		t.Error(detail)
	}
}

// TestFinalForgets: many blocks do not fill the memory.
func TestFinalForgets(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Params []any `json:"params"`
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			panic(err)
		}
		hash, number := genesis, q.Params[0]
		switch number {
		case "0x0":
		case "finalized":
			number = "0xffffff"
		default:
			hash = merkle.Keccak256([]byte(number.(string)))
		}
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":1,"result":{"hash":"%s","number":"%s"}}`, hash, number)
	}))
	defer s.Close()
	c, err := live.New(context.Background(), []string{s.URL}, 0)
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for n := uint64(1); n <= live.MaxRemembered+10; n++ {
		h := verifier.Header{Chain: 1, Genesis: genesis, Number: n, Hash: merkle.Keccak256([]byte("0x" + strconv.FormatUint(n, 16)))}
		if final, detail := c.Final(h); !final {
			t.Fatal(detail)
		}
		most = max(most, c.Remembered())
	}
	if most > live.MaxRemembered || most < live.MaxRemembered/2 {
		t.Errorf("%d answers were remembered, at most %d may be", most, live.MaxRemembered)
	}
}

// TestFinalFollowsNoRedirect: the word of one server must not count as that of others
// that lead to it.
func TestFinalFollowsNoRedirect(t *testing.T) {
	honest := httptest.NewServer(chain(genesis, block, 200))
	defer honest.Close()
	s := httptest.NewServer(http.RedirectHandler(honest.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	c, err := live.New(context.Background(), []string{honest.URL, s.URL}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if final, detail := c.Final(header); final || !strings.Contains(detail, "307") {
		t.Errorf("%v: %s", final, detail)
	}
}

// TestFinalOfOneChain: a header that one chain has final says nothing of another,
// though a proof may show the same header as that of both.
func TestFinalOfOneChain(t *testing.T) {
	var urls []string
	for _, handler := range []http.HandlerFunc{chain(genesis, block, 200), chain(fork, fork, 50)} {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		urls = append(urls, server.URL)
	}
	c, err := live.New(context.Background(), urls, 1)
	if err != nil {
		t.Fatal(err)
	}
	if final, detail := c.Final(header); !final {
		t.Fatal(detail)
	}
	elsewhere := header
	elsewhere.Chain, elsewhere.Genesis = 2, fork
	if final, detail := c.Final(elsewhere); final {
		t.Errorf("the block of another chain: %s", detail)
	}
}

// TestFinalOfOneHeight: who asks names number and hash, and a hash that is final does not
// make the number so.
func TestFinalOfOneHeight(t *testing.T) {
	server := httptest.NewServer(chain(genesis, block, 200))
	t.Cleanup(server.Close)
	c, err := live.New(context.Background(), []string{server.URL}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if final, detail := c.Final(header); !final {
		t.Fatal(detail)
	}
	elsewhere := header
	elsewhere.Number++
	if final, detail := c.Final(elsewhere); final {
		t.Errorf("block %d under the hash of block %d: %s", elsewhere.Number, header.Number, detail)
	}
}
