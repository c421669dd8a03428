package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/semaphore"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// verdicts verifies what strangers send, under one policy. Nothing is ever fetched for it: the
// only thing that it asks is the node's own store, for hops between sync committees, which
// prove themselves.
type verdicts struct {
	options verifier.Options
	// slots are requests that are verified at the same time, at most half of the processors:
	// the node has other work. Those that wait hold their body.
	slots *semaphore.Weighted
	wait  time.Duration // for one of them

	mu      sync.Mutex
	current *verifier.Verifier
	made    time.Time
}

// verifierAge is how long a verifier is used. A new one knows newer hops.
const verifierAge = time.Hour

// slotTime is how long a request waits to be verified.
const slotTime = 20 * time.Second

var errVerdicts = later(http.StatusServiceUnavailable,
	errors.New("the node verifies as much as it can at once: try again later, or run hallmark verify yourself"))

// newVerdicts returns what verifies by a trust store; nil if no verdicts are to be given.
func newVerdicts(node *anchor.Node, config Config) *verdicts {
	if config.Verify == nil {
		return nil
	}
	v := &verdicts{slots: semaphore.NewWeighted(max(1, int64(runtime.GOMAXPROCS(0))/2)), wait: slotTime}
	v.options = verifier.Options{Trust: config.Verify, Now: config.now, Hops: func(id verifier.ChainID) [][]byte { return hopsOf(node, id) }}
	return v
}

// hopsOf returns the hops that the node has of a chain; what cannot be read is as good as not there.
func hopsOf(node *anchor.Node, id verifier.ChainID) (all [][]byte) {
	pack, err := node.Serving.Hops(context.Background(), id, 0)
	if err != nil {
		return nil
	}
	_ = beacon.ReadPack(bytes.NewReader(pack), func(_ uint64, hop []byte) error {
		all = append(all, hop)
		return nil
	})
	return all
}

// verifier returns the one to use now.
func (v *verdicts) verifier() (*verifier.Verifier, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.current == nil || time.Since(v.made) > verifierAge {
		made, err := verifier.New(v.options)
		if err != nil {
			return nil, err
		}
		v.current, v.made = made, time.Now()
	}
	return v.current, nil
}

// enter waits until a request may be verified. The caller calls leave when it was.
func (v *verdicts) enter(ctx context.Context) (leave func(), err error) {
	limited, cancel := context.WithTimeout(ctx, v.wait)
	defer cancel()
	if v.slots.Acquire(limited, 1) != nil {
		return nil, errVerdicts
	}
	return func() { v.slots.Release(1) }, nil
}

// judge verifies one document. The error says why there is nothing to verify.
func judge(v *verifier.Verifier, item *VerifyItem) (*verifier.Report, error) {
	document := []byte(item.VerifiableCredential)
	if item.Document != nil {
		document = item.Document
	}
	carried, _, err := verifier.Extract(document)
	none := errors.Is(err, credential.ErrNoProof)
	switch {
	case len(item.Proof) == 0 && none:
		return nil, errors.New("the document carries no Hallmark proof, and none was sent beside it as proof")
	case len(item.Proof) == 0 && err != nil:
		return nil, err
	case len(item.Proof) == 0:
		return v.Verify(carried, bytes.NewReader(document)), nil
	case !none:
		return nil, errors.New("there is a proof in the document and another one beside it: leave the latter out, or run hallmark verify")
	}
	p, err := verifier.ParseProof(item.Proof)
	if err != nil {
		return nil, fmt.Errorf("proof: %w", err)
	}
	if form, err := credential.FormOf(p.Credential); item.Document == nil && (err != nil || form != credential.FormJCS) {
		if token := enveloped(document); token != nil {
			document = token
		} else if !matches(p, document) {
			return v.Verify(p, lostBytes{}), nil
		}
	}
	return v.Verify(p, bytes.NewReader(document)), nil
}

// matches reports whether a proof is known to be about a document.
func matches(p *verifier.Proof, document []byte) bool {
	covers, err := credential.Matches(p.Credential, bytes.NewReader(document))
	return err == nil && covers != credential.CoversNothing
}

// enveloped returns the token that an EnvelopedVerifiableCredential holds; nil if it holds none.
func enveloped(object []byte) []byte {
	var envelope struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(object, &envelope) != nil {
		return nil
	}
	if token := credential.EnvelopedToken(envelope.ID); token != "" {
		return []byte(token)
	}
	return nil
}

// lostBytes is a document of which the exact bytes count, and did not come: as a part of JSON
// they may be written in another way. So it cannot be told whether it is the right one.
type lostBytes struct{}

func (lostBytes) Read([]byte) (int, error) {
	return 0, errors.New("the proof is about the exact bytes of a file, which do not survive in verifiableCredential: " +
		"send the file as document, in base64")
}
