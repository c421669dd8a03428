package renew

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// answerOf is what a node serves of a proof.
func answerOf(t testing.TB, p *verifier.Proof, state string) string {
	t.Helper()
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	members, err := object(data)
	if err != nil {
		t.Fatal(err)
	}
	members["state"], members["submissionId"] = jsontext.Value(`"`+state+`"`), jsontext.Value(`"0x00"`)
	return string(written(members, "state", "submissionId", "submission", "batch", "anchors", "hints"))
}

func pendingOf(p *verifier.Proof) *verifier.Proof {
	pending := *p
	pending.Batch, pending.Anchors = nil, nil
	return &pending
}

// changed is a proof with one byte of the evidence changed.
func changed(p *verifier.Proof, where func(*verifier.Anchor) []byte) *verifier.Proof {
	next := *p
	next.Anchors = slices.Clone(p.Anchors)
	a := &next.Anchors[0]
	a.Header, a.AccountProof = slices.Clone(a.Header), slices.Clone(a.AccountProof)
	a.AccountProof[0] = slices.Clone(a.AccountProof[0])
	where(a)[50] ^= 1
	return &next
}

// A pending proof becomes what the node serves, and one that has all of it stays.
func TestServed(t *testing.T) {
	batch := verifiertest.NewBatch(t, 2, 2, func(i int) []byte { return fmt.Append(nil, "document ", i) })
	p := batch.Proof(t, 0)
	served, err := Served(pendingOf(p), []byte(answerOf(t, p, "final")))
	if err != nil {
		t.Fatal(err)
	}
	for _, old := range []*verifier.Proof{p, pendingOf(p)} {
		next, changed, err := With(old, served)
		if err != nil || changed != old.Pending() {
			t.Fatalf("changed %v, %v", changed, err)
		}
		got, err := next.Encode()
		if err != nil {
			t.Fatal(err)
		}
		want, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestHostileAnswers(t *testing.T) {
	batch := verifiertest.NewBatch(t, 2, 2, func(i int) []byte { return fmt.Append(nil, "document ", i) })
	p := batch.Proof(t, 0)
	good, other := answerOf(t, p, "final"), answerOf(t, batch.Proof(t, 1), "final")
	for name, tt := range map[string]struct {
		answer, says string
	}{
		"nothing":              {"", "no Hallmark node"},
		"a page":               {"<!doctype html>", "no Hallmark node"},
		"another object":       {`{"type":"about:blank","status":404}`, "no Hallmark node"},
		"an array":             {`[1]`, "no Hallmark node"},
		"cut":                  {good[:len(good)-40], "no Hallmark node"},
		"a member twice":       {strings.Replace(good, `"state"`, `"state":"final","state"`, 1), "no Hallmark node"},
		"not final":            {answerOf(t, pendingOf(p), "batched"), "not final"},
		"final without a word": {answerOf(t, pendingOf(p), "final"), "has no anchor"},
		"another credential's": {other, "another submission"},
		"another state root":   {answerOf(t, changed(p, func(a *verifier.Anchor) []byte { return a.Header[50:] }), "final"), "does not hold"},
		"a changed proof":      {answerOf(t, changed(p, func(a *verifier.Anchor) []byte { return a.AccountProof[0] }), "final"), "does not hold"},
		"a long answer":        {good + strings.Repeat(" ", verifier.MaxProofSize), "longer than"},
		"a member of nobody":   {strings.Replace(good, `"batch":{`, `"batch":{"x":1,`, 1), "is not one"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			if tt.answer == good {
				t.Fatal("the answer is not changed")
			}
			served, err := Served(p, []byte(tt.answer))
			if err == nil {
				_, _, err = With(pendingOf(p), served)
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want an error with %q", err, tt.says)
			}
			if (name == "not final") != errors.Is(err, ErrNotFinal) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// FuzzServed: whatever a node answers, the credential, its salt and what the issuer signed stay,
// and what comes of it is a proof.
func FuzzServed(f *testing.F) {
	batch := verifiertest.NewBatch(f, 2, 2, func(i int) []byte { return fmt.Append(nil, "document ", i) })
	p := batch.Proof(f, 0)
	f.Add(answerOf(f, p, "final"))
	f.Add(answerOf(f, pendingOf(p), "mined"))
	f.Fuzz(func(t *testing.T, answer string) {
		served, err := Served(p, []byte(answer))
		if err != nil {
			return
		}
		for _, old := range []*verifier.Proof{p, pendingOf(p)} {
			next, _, err := With(old, served)
			if err != nil {
				continue
			}
			if next.Credential != p.Credential || next.Salt != p.Salt || !sameSubmission(next.Submission, p.Submission) {
				t.Fatal("another proof")
			}
			data, err := next.Encode()
			if err == nil {
				_, err = verifier.ParseProof(data)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
