package files

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// candidate is a proof that may be about a document. It is not trusted: anyone who can write
// a file beside the document can add one.
type candidate struct {
	name string // where it is
	read func() (*verifier.Proof, error)
}

// maxCandidates bounds how many proofs of one document are tried.
const maxCandidates = 100

// Result is the outcome of one item: a report, the error why there is none, or why the
// file was skipped.
type Result struct {
	Name    string
	Report  *verifier.Report
	Proof   *verifier.Proof // that the report is about
	Err     error
	Skipped string
	Others  []Other // the candidates that do not decide
}

// Other is a candidate that does not decide, as --json has it.
type Other struct {
	File    string `json:"file"`
	Verdict string `json:"verdict"`
	Reason  string `json:"reason,omitempty"`
}

// String is the verdict of a candidate and its reason, for people.
func (o Other) String() string {
	if o.Reason == "" {
		return o.Verdict
	}
	return o.Verdict + ", " + credential.Printable(o.Reason)
}

// tried is a candidate with its outcome.
type tried struct {
	candidate
	proof  *verifier.Proof
	text   func() []byte // the encoded proof
	report *verifier.Report
	err    error // why it is no proof
}

// same reports whether two candidates are one proof, as copies are.
func (t tried) same(o tried) bool {
	if o.proof == nil || o.proof.Credential != t.proof.Credential || o.proof.Salt != t.proof.Salt {
		return false
	}
	return bytes.Equal(t.text(), o.text())
}

// check verifies an item with each of its candidates.
func check(v *verifier.Verifier, it item) Result {
	if it.skip != "" {
		return Result{Name: it.name, Skipped: it.skip}
	}
	candidates := it.proofs()
	all := try(v, it, nil, candidates)
	if it.more != nil && !slices.ContainsFunc(all, func(t tried) bool { return rank(t) > rankRefuted }) {
		more := slices.DeleteFunc(it.more(), func(c candidate) bool {
			return slices.ContainsFunc(candidates, func(o candidate) bool { return o.name == c.name })
		})
		candidates = append(candidates, more...)
		all = try(v, it, all, candidates[len(candidates)-len(more):])
	}
	best := choose(all)
	res := Result{Name: it.name, Report: best.report, Proof: best.proof, Err: best.err}
	for _, t := range all {
		if t.name == best.name {
			continue
		}
		o := Other{t.name, NoProof, ""}
		if t.err != nil {
			o.Reason = strings.TrimPrefix(t.err.Error(), t.name+": ")
		} else {
			o.Verdict, o.Reason = string(t.report.Verdict), Because(t.report)
		}
		res.Others = append(res.Others, o)
	}
	if len(candidates) > maxCandidates {
		why := fmt.Sprintf("nor any that follows: at most %d proofs of one credential are tried", maxCandidates)
		res.Others = append(res.Others, Other{candidates[maxCandidates].name, NotLooked, why})
	}
	return res
}

// try verifies an item with more candidates, up to [maxCandidates] in all.
func try(v *verifier.Verifier, it item, all []tried, more []candidate) []tried {
	for i, c := range more {
		if len(all) >= maxCandidates || i >= maxCandidates {
			break
		}
		t := tried{candidate: c}
		if t.proof, t.err = c.read(); t.err == nil {
			t.text = sync.OnceValue(func() []byte {
				text, _ := t.proof.Encode() // what was read can be encoded
				return text
			})
			if slices.ContainsFunc(all, t.same) {
				continue
			}
			t.report = verifyOne(v, t.proof, it.document)
		}
		all = append(all, t)
	}
	return all
}

func verifyOne(v *verifier.Verifier, p *verifier.Proof, open opener) *verifier.Report {
	if open == nil {
		return v.Verify(p, nil)
	}
	f, err := open()
	if err != nil {
		return v.Verify(p, unreadable{err})
	}
	defer f.Close()
	return v.Verify(p, f)
}

// choose returns the candidate that decides about a document, by the rule of the
// specification: the one of the highest rank, among equals the one with the newest evidence,
// and then the first. But an older proof does not hide what the issuer has said since.
func choose(all []tried) tried {
	best := all[0]
	for _, t := range all[1:] {
		if r, b := rank(t), rank(best); r > b || r == b && t.report != nil && t.report.StatusAsOf.After(best.report.StatusAsOf) {
			best = t
		}
	}
	if rank(best) != rankValid {
		return best
	}
	for _, t := range all {
		if rank(t) != rankFact || t.report.Issuer != best.report.Issuer || t.report.Chain != best.report.Chain ||
			!t.report.StatusAsOf.After(best.report.StatusAsOf) {
			continue
		}
		if sameSubmission(t.proof, best.proof) && !best.report.AnchoredAt.Before(t.report.AnchoredAt) {
			return t
		}
		best.report = doubted(best.report, t)
	}
	return best
}

// Ranks of candidates.
const (
	rankNone    = iota // no proof
	rankRefuted        // INVALID for a reason that concerns this candidate alone: anyone can make such a one
	rankUnknown
	rankFact // INVALID by a proven fact about the credential
	rankValid
)

func rank(t tried) int {
	switch {
	case t.err != nil:
		return rankNone
	case t.report.Verdict == verifier.Valid:
		return rankValid
	case t.report.Verdict == verifier.VerdictUnknown:
		return rankUnknown
	}
	result := func(c verifier.Check) verifier.Result { return t.report.Result(c).Result }
	said := result(verifier.CheckValidity) == verifier.Fail || result(verifier.CheckRecipient) == verifier.Fail // the credential's own words
	withdrawn := result(verifier.CheckStatus) == verifier.Fail && result(verifier.CheckIssuer) == verifier.Pass &&
		result(verifier.CheckSignature) == verifier.Pass
	// Both count only where the issuer is known; see [verifier.Report].
	denied := result(verifier.CheckIssuer) == verifier.Pass &&
		(result(verifier.CheckIssuerSignature) == verifier.Fail || result(verifier.CheckStatusElsewhere) == verifier.Fail)
	if result(verifier.CheckCredential) == verifier.Pass && (said || withdrawn || denied) {
		return rankFact
	}
	return rankRefuted
}

// sameSubmission reports whether two proofs are about the same leaf of one submission.
func sameSubmission(a, b *verifier.Proof) bool {
	return a.Leaf() == b.Leaf() && merkle.Root(a.Leaf(), a.Submission.Path) == merkle.Root(b.Leaf(), b.Submission.Path)
}

// doubted turns a VALID report into UNKNOWN, because a newer one may mean the contrary but
// does not prove it: it is about another submission of the same credential, or about a key
// that was retired at an unknown time.
func doubted(r *verifier.Report, newer tried) *verifier.Report {
	d := *r
	d.Verdict, d.Reason = verifier.VerdictUnknown, verifier.ReasonStatusOld
	d.Missing = []verifier.Check{verifier.CheckStatus}
	d.Checks = slices.Clone(r.Checks)
	for i := range d.Checks {
		if d.Checks[i].Check == verifier.CheckStatus {
			d.Checks[i].Result, d.Checks[i].Reason = verifier.Unknown, verifier.ReasonStatusOld
			d.Checks[i].Detail = fmt.Sprintf("another proof of this credential is newer and says that %s: run hallmark refresh",
				Because(newer.report))
		}
	}
	return &d
}
