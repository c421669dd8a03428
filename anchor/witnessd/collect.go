package witnessd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// Bounds of what is asked of one witness.
const (
	askTimeout = 20 * time.Second // a witness asks its own servers first
	maxAnswer  = 8 << 10          // bytes
)

// MaxWitnesses bounds how many witnesses [Collect] asks.
const MaxWitnesses = witness.MaxCosignatures

// asker follows no redirect: what a witness answers is at its URL.
var asker = &http.Client{
	Timeout: askTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Collect asks witnesses, at once, for their cosignatures on a block, and returns those it
// gets, in the order of the URLs, each once: they are the lines of a witness voucher. Each
// holds for the block under the key that the witness itself names; whether that key is
// trusted is for the verifier.
//
// The error joins one for each witness that gave none, which names its host and is
// [ErrNotFinal] or [ErrConflict] where the witness said so. What others gave is returned
// all the same.
func Collect(ctx context.Context, urls []string, block witness.Block) (cosignatures []string, err error) {
	if len(urls) > MaxWitnesses {
		return nil, fmt.Errorf("%d witnesses: at most %d can be asked", len(urls), MaxWitnesses)
	}
	lines, faults := make([]string, len(urls)), make([]error, len(urls))
	var wg sync.WaitGroup
	for i, u := range urls {
		wg.Go(func() {
			if lines[i], faults[i] = ask(ctx, u, block); faults[i] != nil {
				faults[i] = fmt.Errorf("witness %s: %w", host(u), faults[i])
			}
		})
	}
	wg.Wait()
	seen := make(map[string]bool)
	for _, line := range lines {
		if line != "" && !seen[line] {
			seen[line] = true
			cosignatures = append(cosignatures, line)
		}
	}
	return cosignatures, errors.Join(faults...)
}

// ask returns the cosignature of one witness.
func ask(ctx context.Context, base string, block witness.Block) (string, error) {
	base = strings.TrimSuffix(base, "/")
	text, err := get(ctx, base+"/v1/key")
	if err != nil {
		return "", err
	}
	key, err := witness.ParseKey(strings.TrimSuffix(text, "\n"))
	if err != nil {
		return "", errors.New("it does not answer as a witness")
	}
	note, err := get(ctx, fmt.Sprintf("%s/v1/cosignatures/eip155:%d/%d/%s", base, block.Chain, block.Number, block.Hash))
	if err != nil {
		return "", err
	}
	// The genesis block is not in the question, and the text tells of it.
	lines, err := witness.Lines(note, block)
	if err != nil {
		return "", fmt.Errorf("what it signs is not this block: %w", err)
	}
	for _, line := range lines {
		if seen, err := witness.Verify(block, []string{line}, []*witness.Key{key}); err == nil && len(seen) == 1 {
			return line, nil
		}
	}
	return "", errors.New("its cosignature does not hold under its own key")
}

// get returns what a witness has at a URL.
func get(ctx context.Context, target string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil || req.URL.Host == "" {
		return "", errors.New("that is not the URL of a server: want http:// or https:// and a host")
	}
	resp, err := asker.Do(req)
	if err != nil {
		return "", fmt.Errorf("it cannot be reached: %w", fault.WithoutURL(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return "", fmt.Errorf("it broke off: %w", err)
	}
	switch {
	case resp.StatusCode == http.StatusNotFound && resp.Header.Get(answerHeader) == answerNotFinal:
		return "", ErrNotFinal
	case resp.StatusCode == http.StatusConflict:
		return "", ErrConflict
	case resp.StatusCode == http.StatusServiceUnavailable || resp.StatusCode == http.StatusTooManyRequests:
		return "", errors.New("it cannot tell now")
	case resp.StatusCode != http.StatusOK:
		return "", fmt.Errorf("it answers HTTP %d", resp.StatusCode)
	case len(body) > maxAnswer:
		return "", errors.New("it does not answer as a witness")
	}
	return string(body), nil
}

// host is what may be printed of a URL.
func host(s string) string {
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		return u.Host
	}
	return "without a host"
}
