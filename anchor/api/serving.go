package api

import (
	"bytes"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"

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
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, proofsPath) && s.quickProof(w, r) {
			r.Pattern = "GET /v1/proofs/{leaf}"
			return
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
	a, _ := answers.Get().(*pieces)
	defer answers.Put(a)
	a.reset()
	if !s.encode(a, &p) {
		return false
	}
	accepted := acceptedBy(r.Header["Accept-Encoding"])
	header := w.Header()
	header["Cache-Control"] = revalidate // evidence is replaced by newer one
	header["Vary"] = varyEncoding
	header["Etag"] = []string{entityTag(a.hash(), accepted.gzip)}
	if hasTag(r.Header["If-None-Match"], header["Etag"][0]) {
		notModified(w)
		return true
	}
	var body []byte
	if accepted.gzip {
		body = a.gzipped()
		header["Content-Encoding"] = gzipCoding
	} else {
		body = a.whole()
	}
	header["Content-Type"] = jsonType
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(http.StatusOK)
	expect(r.Context(), len(body))
	_, _ = w.Write(body) // nobody is left to tell
	return true
}

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
type proofForm struct{ head, tail, end *piece }

// anchorForm is an anchor before its status entries, and after them.
type anchorForm struct{ head, tail *piece }

// comma stands between anchors.
var comma = newPiece([]byte{','})

// encode puts the JSON form of a proof together; false if it has to be encoded as a
// whole.
func (s *server) encode(a *pieces, p *anchor.ServedProof) bool {
	form, _ := p.Form(func() any { return s.formOf(&p.LeafProof) }).(*proofForm)
	if form == nil {
		return false
	}
	a.add(form.head)
	for i, h := range p.Path {
		if i > 0 {
			a.own = append(a.own, ',')
		}
		a.own = append(a.own, `"0x`...)
		a.own = append(hex.AppendEncode(a.own, h[:]), '"')
	}
	a.addOwn(0)
	a.add(form.tail)
	for i := range p.Anchors {
		on := &p.Anchors[i]
		form, _ := on.Form(func() any { return anchorFormOf(on.Evidence()) }).(*anchorForm)
		if form == nil {
			return false
		}
		if i > 0 {
			a.add(comma)
		}
		a.add(form.head)
		if len(on.Status) > 0 {
			entries, err := json.Marshal(on.Status)
			if err != nil {
				return false
			}
			from := len(a.own)
			a.own = append(append(a.own, `,"status":`...), entries...)
			a.addOwn(from)
		}
		a.add(form.tail)
	}
	a.add(form.end)
	return true
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
	end := []byte{']'}
	if hints := s.hintsOf(p.Hints); hints != nil {
		text, err := json.Marshal(hints)
		if err != nil {
			return nil
		}
		end = append(append(end, `,"hints":`...), text...)
	}
	return &proofForm{
		head: newPiece(append(bytes.Clone(head), `"path":[`...)),
		tail: newPiece(append(append([]byte{']'}, bytes.TrimSuffix(tail, []byte{'}'})...), `,"anchors":[`...)),
		end:  newPiece(append(end, '}')),
	}
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
	return &anchorForm{newPiece(text[:end]), newPiece(text[end:])}
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
