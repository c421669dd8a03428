// Package live asks RPC servers of a chain whether a block is final, for a
// verifier whose user has nothing better than a connection. Make a [Checker] and
// give its [Checker.Final] to verifier.Options.
//
// It speaks just enough JSON-RPC over HTTP for that and links no client library. A block
// counts as final only if a quorum of the servers says so; silence, errors and malformed
// answers count as nothing.
package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

// DefaultTimeout bounds all questions to one server about one block.
const DefaultTimeout = 10 * time.Second

// maxAnswer bounds the answer to one request, in bytes. A block with the hashes of
// all its transactions stays far below.
const maxAnswer = 4 << 20

// maxRemembered bounds the answers that are remembered. Then they are forgotten: asking
// again costs some requests.
const maxRemembered = 1024

// Checker asks a set of RPC servers. It remembers answers about blocks that are
// final, so that many proofs with one header cost one round. It is safe for
// concurrent use.
type Checker struct {
	urls    []string
	quorum  int
	timeout time.Duration
	client  *http.Client
	ctx     context.Context

	mu    sync.Mutex // guards final
	final map[blockOf]string
}

// blockOf names a block of a chain: a proof may show one header as that of two, and who asks
// a witness may put any number beside a hash.
type blockOf struct {
	genesis, hash verifier.Hash
	number        uint64
}

// New returns a checker that wants quorum of the servers at urls to name a block
// as final; quorum 0 stands for more than half of them. Servers with the same
// host and port are one. The context ends all its requests.
func New(ctx context.Context, urls []string, quorum int) (*Checker, error) {
	c := &Checker{
		quorum: quorum, timeout: DefaultTimeout, client: &http.Client{CheckRedirect: noRedirect}, ctx: ctx, final: make(map[blockOf]string),
	}
	seen := make(map[string]bool)
	for _, s := range urls {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("%q is not the URL of an RPC server: want http:// or https://", s)
		}
		where, err := hostPort(u)
		if err != nil {
			return nil, fmt.Errorf("%q is not the URL of an RPC server: %w", s, err)
		}
		if !seen[where] {
			seen[where] = true
			c.urls = append(c.urls, s)
		}
	}
	if c.quorum == 0 {
		c.quorum = len(c.urls)/2 + 1
	}
	if c.quorum < 1 || c.quorum > len(c.urls) {
		return nil, fmt.Errorf("a quorum of %d cannot be had from %d RPC servers (those with one host and port count once)", quorum, len(c.urls))
	}
	return c, nil
}

// noRedirect follows no redirect: servers that redirect to the same one must not count twice.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Errors of [Checker.Check]. Others say that it cannot be told.
var (
	// ErrOther says that a server names another block at that number, on the same chain.
	ErrOther = errors.New("names another block")
	// ErrSplit says that two servers name different blocks. Such an error is an ErrOther, too.
	ErrSplit = errors.New("the RPC servers disagree")
	// ErrNotYet says that finality does not reach that block yet, by the word of so many
	// servers that a quorum would be had with them.
	ErrNotYet = errors.New("is not final yet")
)

// Final reports whether enough servers name h as final. A server that names
// another block at that number is enough to doubt all others.
func (c *Checker) Final(h verifier.Header) (bool, string) {
	detail, err := c.Check(h)
	if err != nil {
		return false, err.Error()
	}
	return true, detail
}

// checkError is an error of Check: a sentence for people, and what it is.
type checkError struct {
	text  string
	kinds []error
}

func (e *checkError) Error() string   { return e.text }
func (e *checkError) Unwrap() []error { return e.kinds }

// Check is [Checker.Final] for those who must tell apart why a block is not: it returns
// what makes it final, or an error.
func (c *Checker) Check(h verifier.Header) (detail string, err error) {
	key := blockOf{h.Genesis, h.Hash, h.Number}
	c.mu.Lock()
	detail, known := c.final[key]
	c.mu.Unlock()
	if known {
		return detail, nil
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.timeout)
	defer cancel()
	answers, named := make([]error, len(c.urls)), make([]verifier.Hash, len(c.urls))
	var wg sync.WaitGroup
	for i, u := range c.urls {
		wg.Go(func() { named[i], answers[i] = c.ask(ctx, u, h) })
	}
	wg.Wait()

	if i := slices.Index(answers, ErrOther); i >= 0 {
		e := &checkError{fmt.Sprintf("%s names another block at number %d: the evidence is from a fork, or a server is wrong; "+
			"try other servers with --rpc", host(c.urls[i]), h.Number), []error{ErrOther}}
		for _, hash := range named {
			if hash != named[i] && !hash.IsZero() {
				e.kinds = []error{ErrOther, ErrSplit}
			}
		}
		return "", e
	}
	yes, notYet := 0, 0
	var trouble []string
	for i, err := range answers {
		switch {
		case err == nil:
			yes++
			continue
		case errors.Is(err, ErrNotYet):
			notYet++
		}
		trouble = append(trouble, fmt.Sprintf("%s %v", host(c.urls[i]), err))
	}
	if yes < c.quorum {
		e := &checkError{text: fmt.Sprintf("%d of %d RPC servers name block %d as final, %d are needed: %s; "+
			"try again later, or other servers with --rpc",
			yes, len(c.urls), h.Number, c.quorum, strings.Join(trouble, "; "))}
		if yes+notYet >= c.quorum {
			e.kinds = []error{ErrNotYet}
		}
		return "", e
	}
	detail = fmt.Sprintf("block %d (%s) is final by the word of %d of %d RPC servers", h.Number, h.Hash, yes, len(c.urls))
	c.mu.Lock()
	if len(c.final) >= maxRemembered {
		clear(c.final)
	}
	c.final[key] = detail
	c.mu.Unlock()
	return detail, nil
}

// ask returns which block a server names as canonical and final at the number of h, and nil
// if that is h. Any error but [ErrOther] and [ErrNotYet] says that it could not be asked, or
// knows too little.
func (c *Checker) ask(ctx context.Context, u string, h verifier.Header) (named verifier.Hash, err error) {
	genesis, err := c.block(ctx, u, "0x0")
	if err != nil {
		return named, err
	}
	if genesis.Hash != h.Genesis {
		return named, fmt.Errorf("serves another chain (genesis %s, want %s)", genesis.Hash, h.Genesis)
	}
	// Finality comes first: what is read below it afterwards is not replaced any more.
	last, err := c.block(ctx, u, "finalized")
	if err != nil {
		return named, err
	}
	number, err := last.number()
	if err != nil {
		return named, err
	}
	if number < h.Number {
		return named, &checkError{fmt.Sprintf("has finality only up to block %d", number), []error{ErrNotYet}}
	}
	block, err := c.block(ctx, u, "0x"+strconv.FormatUint(h.Number, 16))
	if err != nil {
		return named, err
	}
	if block.Hash != h.Hash {
		err = ErrOther
	}
	return block.Hash, err
}

// block is the part of a JSON-RPC block that is looked at.
type block struct {
	Hash   verifier.Hash `json:"hash"`
	Number string        `json:"number"`
}

func (b *block) number() (uint64, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(b.Number, "0x"), 16, 64)
	if err != nil {
		return 0, errors.New("answers nonsense")
	}
	return n, nil
}

func (c *Checker) block(ctx context.Context, u, tag string) (*block, error) {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": []any{tag, false}})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("cannot be reached (%w)", fault.WithoutURL(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusTooManyRequests {
		return nil, errors.New("refuses more requests for now (HTTP 429)")
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("broke off (%w)", fault.WithoutURL(err))
	}
	var answer struct {
		Result *block `json:"result"`
		Error  *struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	switch err := json.Unmarshal(data, &answer); {
	case resp.StatusCode != http.StatusOK && (err != nil || answer.Error == nil):
		return nil, fmt.Errorf("answers HTTP %d", resp.StatusCode)
	case len(data) > maxAnswer || err != nil:
		return nil, errors.New("answers nonsense")
	case answer.Error != nil:
		return nil, fmt.Errorf("refuses (%.200s)", answer.Error.Message)
	case answer.Result == nil:
		return nil, fmt.Errorf("does not know block %s", tag)
	}
	return answer.Result, nil
}

// host is what may be printed of a server's URL: paths often hold an access key.
func host(s string) string {
	if u, err := url.Parse(s); err == nil {
		return u.Host
	}
	return "RPC server"
}
