package api

import (
	"bytes"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Most answers of a node are proofs that are final. They are put together here from
// pieces that were encoded before, byte for byte as the route "proof" answers; whatever
// is not as simple goes to that route.

const proofsPath = "/v1/proofs/"

// quickly answers what it can, and leaves the rest to next.
func (s *server) quickly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, proofsPath) {
			// Evidence is replaced by newer one: ask whether it still is the same.
			w.Header().Set("Cache-Control", "no-cache")
			if s.quickProof(w, r) {
				r.Pattern = "GET /v1/proofs/{leaf}"
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// quickProof answers with a final proof; false if it has to be asked for otherwise.
func (s *server) quickProof(w http.ResponseWriter, r *http.Request) bool {
	leaf, err := merkle.ParseHash(r.URL.Path[len(proofsPath):])
	id, ok := submissionQuery(r.URL)
	if err != nil || !ok {
		return false
	}
	p, ok := s.node.Serve(r.Context(), id, leaf)
	if !ok {
		return false
	}
	buffer, _ := bodies.Get().(*[]byte)
	defer bodies.Put(buffer)
	body, ok := s.encode((*buffer)[:0], p)
	*buffer = body
	if !ok {
		return false
	}
	tag := strconv.AppendUint([]byte{'"'}, xxhash.Sum64(body), 16)
	header := w.Header()
	header["Etag"] = []string{string(append(tag, '"'))}
	if match := r.Header.Get("If-None-Match"); match != "" && strings.Contains(match, header["Etag"][0]) {
		w.WriteHeader(http.StatusNotModified)
		return true
	}
	header["Content-Type"] = []string{"application/json"}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // nobody is left to tell
	return true
}

// bodies are buffers for answers, of the size of those before.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

// submissionQuery returns the parameter submission, zero if there is none; false if
// there is anything else, or it is not one.
func submissionQuery(u *url.URL) (id merkle.Hash, ok bool) {
	if u.RawQuery == "" {
		return id, true
	}
	text, ok := strings.CutPrefix(u.RawQuery, "submission=")
	if !ok || id.UnmarshalText([]byte(text)) != nil {
		return id, false
	}
	return id, true
}

// proofForm is what the proofs of a submission's leaves have in common: before the
// path's hashes, after them up to the anchors, and after those.
type proofForm struct{ head, tail, end []byte }

// anchorForm is an anchor before its status entries, and after them.
type anchorForm struct{ head, tail []byte }

// encode appends the JSON form of a proof; false if it has to be encoded as a whole.
func (s *server) encode(b []byte, p anchor.ServedProof) ([]byte, bool) {
	form, _ := p.Form(func() any { return s.formOf(&p.LeafProof) }).(*proofForm)
	of, _ := p.EvidenceForm(func() any { return anchorFormOf(&p.Anchors[0]) }).(*anchorForm)
	if form == nil || of == nil {
		return b, false
	}
	b = append(b, form.head...)
	for i, h := range p.Path {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `"0x`...)
		b = append(hex.AppendEncode(b, h[:]), '"')
	}
	b = append(b, form.tail...)
	b = append(b, of.head...)
	if len(p.Status) > 0 {
		entries, err := json.Marshal(p.Status)
		if err != nil {
			return b, false
		}
		b = append(append(b, `,"status":`...), entries...)
	}
	b = append(b, of.tail...)
	return append(b, form.end...), true
}

// formOf encodes a proof without path and anchors; nil if that cannot be.
func (s *server) formOf(p *anchor.LeafProof) *proofForm {
	alone := leafProofOf(*p)
	alone.Submission.Path, alone.Anchors, alone.Hints = []merkle.Hash{}, nil, nil
	text, err := json.Marshal(&alone)
	head, tail, ok := bytes.Cut(text, []byte(`"path":[]`))
	if err != nil || !ok {
		return nil
	}
	form := &proofForm{
		head: append(bytes.Clone(head), `"path":[`...),
		tail: append(append([]byte{']'}, bytes.TrimSuffix(tail, []byte{'}'})...), `,"anchors":[`...),
		end:  []byte{']'},
	}
	if hints := s.hintsOf(p.Hints); hints != nil {
		text, err := json.Marshal(hints)
		if err != nil {
			return nil
		}
		form.end = append(append(form.end, `,"hints":`...), text...)
	}
	form.end = append(form.end, '}')
	return form
}

// anchorFormOf encodes an anchor without status entries; nil if that cannot be.
func anchorFormOf(a *verifier.Anchor) *anchorForm {
	text, err := json.Marshal(a)
	if err != nil {
		return nil
	}
	end := len(text) - 1
	if len(a.Finality) > 0 {
		end = bytes.LastIndex(text, []byte(`,"finality":`))
	}
	return &anchorForm{text[:end], text[end:]}
}

// hintsOf completes what the node hints at with its URL.
func (s *server) hintsOf(of *verifier.Hints) *verifier.Hints {
	if s.config.URL == "" {
		return of
	}
	hints := verifier.Hints{Node: s.config.URL}
	if of != nil {
		hints.Transaction = of.Transaction
	}
	return &hints
}
