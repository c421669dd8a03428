package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// Limits of a request to be verified, beside those of all bodies.
const (
	maxVerify      = 16 << 20 // bytes: as much as a document that carries its proof may have
	maxVerifyItems = 100
)

// VerifyRequest is the body of POST /v1/verify, in the shape of /credentials/verify of the W3C's
// VCALM: one credential, or several as items.
type VerifyRequest struct {
	VerifiableCredential jsontext.Value `json:"verifiableCredential,omitzero"` // these three as in VerifyItem
	Document             []byte         `json:"document,omitzero"`
	Proof                jsontext.Value `json:"proof,omitzero"`
	Items                verifyItems    `json:"items,omitzero"` // instead of the three
	Options              VerifyOptions  `json:"options,omitzero"`
}

// verifyItems are at most maxVerifyItems: more are not even held, since an empty one takes many times the
// memory of its bytes.
type verifyItems []VerifyItem

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (all *verifyItems) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != jsontext.KindBeginArray {
		return json.UnmarshalDecode(d, (*[]VerifyItem)(all)) // which says what is wrong
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	*all = verifyItems{}
	for d.PeekKind() != jsontext.KindEndArray {
		if len(*all) == maxVerifyItems {
			return problem(http.StatusRequestEntityTooLarge, "items: send at most %d at once", maxVerifyItems)
		}
		var item VerifyItem
		if err := json.UnmarshalDecode(d, &item); err != nil {
			return err
		}
		*all = append(*all, item)
	}
	_, err := d.ReadToken()
	return err
}

// VerifyItem is one credential. Either its JSON or its file is there.
type VerifyItem struct {
	VerifiableCredential jsontext.Value `json:"verifiableCredential,omitzero"` // a JSON object: an EnvelopedVerifiableCredential has a token
	Document             []byte         `json:"document,omitzero"`             // any file, in base64
	Proof                jsontext.Value `json:"proof,omitzero"`                // a proof file; absent if the document carries its proof
}

// VerifyOptions are those of VCALM. An option that is not known is refused.
type VerifyOptions struct {
	ReturnCredential     bool  `json:"returnCredential,omitzero"`     // false unless set
	ReturnProblemDetails *bool `json:"returnProblemDetails,omitzero"` // true unless set
	ReturnResults        *bool `json:"returnResults,omitzero"`        // the checks; true unless set
}

// VerifyBatch is the answer to several items, in their order.
type VerifyBatch struct {
	Items []Verdict `json:"items"`
}

// Verdict is the answer for one credential. It is this node's word, and proves nothing to
// anybody else.
type Verdict struct {
	Verified       bool            `json:"verified"`                // the verdict is VALID
	Verdict        string          `json:"verdict"`                 // VALID, INVALID, UNKNOWN, or NO PROOF
	Reason         verifier.Reason `json:"reason,omitzero"`         // why it is INVALID or UNKNOWN
	ProblemDetails []VerifyProblem `json:"problemDetails,omitzero"` // what stands against VALID; none if it is

	CID          string                 `json:"cid,omitzero"`          // of the credential
	Issuer       *verifier.Address      `json:"issuer,omitzero"`       // that the proof names
	IssuerName   string                 `json:"issuerName,omitzero"`   // in the node's trust store
	IssuerBy     verifier.IssuerBy      `json:"issuerBy,omitzero"`     // who says that the address speaks for the issuer
	IssuerDomain string                 `json:"issuerDomain,omitzero"` // in A-labels
	AnchoredAt   *time.Time             `json:"anchoredAt,omitzero"`   // proven by a final block
	StatusAsOf   *time.Time             `json:"statusAsOf,omitzero"`   // proven by a final block
	ReplacedBy   string                 `json:"replacedBy,omitzero"`   // CID of what the issuer put in its place
	Chain        *verifier.ChainID      `json:"chain,omitzero"`        // CAIP-2
	Test         bool                   `json:"test,omitzero"`         // that chain is for tests
	Checks       []verifier.CheckResult `json:"checks,omitzero"`       // all of them

	Credential jsontext.Value `json:"credential,omitzero"` // as it was sent, with returnCredential
}

// VerifyProblem is one thing that stands against a credential: problem details of RFC 9457
// with members of its own.
type VerifyProblem struct {
	Type   string          `json:"type"`            // a URL
	Title  string          `json:"title"`           // its last part
	Detail string          `json:"detail"`          // one sentence
	Check  verifier.Check  `json:"check,omitzero"`  // in which it shows
	Result verifier.Result `json:"result,omitzero"` // of that check
}

func (r *VerifyRequest) single() VerifyItem {
	return VerifyItem{VerifiableCredential: r.VerifiableCredential, Document: r.Document, Proof: r.Proof}
}

// wrong says what is wrong with the form of an item; empty if nothing is.
func (i *VerifyItem) wrong() string {
	is := func(v jsontext.Value) bool { return len(v) > 0 }
	switch {
	case !is(i.VerifiableCredential) && i.Document == nil:
		return "there is neither verifiableCredential nor document"
	case is(i.VerifiableCredential) && i.Document != nil:
		return "there are both verifiableCredential and document"
	case is(i.VerifiableCredential) && i.VerifiableCredential.Kind() != jsontext.KindBeginObject:
		return "verifiableCredential is not an object: a token goes into an EnvelopedVerifiableCredential, any file into document"
	case is(i.Proof) && i.Proof.Kind() != jsontext.KindBeginObject:
		return "proof is not an object, as a proof file is"
	}
	return ""
}

// verify answers whether credentials are genuine and still good, as far as this node can tell.
func (s *server) verify(w http.ResponseWriter, r *http.Request) error {
	if s.verdicts == nil {
		return problem(http.StatusNotFound, "this node gives no verdicts: run hallmark verify, which takes nobody's word")
	}
	if media := mediaType(r.Header.Get("Content-Type")); media != "application/json" {
		return problem(http.StatusUnsupportedMediaType, "content type %q is not read here: send application/json", media)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return bodyProblem("JSON", err)
	}
	leave, err := s.verdicts.enter(r.Context())
	if err != nil {
		return err
	}
	defer leave()
	request, refused := readVerifyRequest(text)
	if refused != nil {
		return refused
	}
	items := request.Items
	if items == nil {
		items = []VerifyItem{request.single()}
	}
	if p := s.limits.spend(remoteOf(r, s.config.Proxies), askCost*(len(items)-1)); p != nil { // the first is paid for
		return p
	}
	answers, err := s.verdicts.all(r.Context(), items, &request.Options)
	if err != nil {
		return err
	}
	if request.Items == nil {
		writeJSON(w, http.StatusOK, answers[0])
	} else {
		writeJSON(w, http.StatusOK, VerifyBatch{answers})
	}
	return nil
}

// all verifies items one after the other.
func (v *verdicts) all(ctx context.Context, items []VerifyItem, options *VerifyOptions) ([]Verdict, error) {
	with, err := v.verifier()
	if err != nil {
		return nil, err
	}
	answers := make([]Verdict, len(items))
	for i := range items {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		report, err := judge(with, &items[i])
		answers[i] = verdictOf(report, err)
		answers[i].heed(options, &items[i])
	}
	return answers, nil
}

// typeUnknownOption is what VCALM answers to an option that is not known.
const typeUnknownOption = "https://www.w3.org/TR/vcalm#UNKNOWN_OPTION_PROVIDED"

// readVerifyRequest reads a request strictly.
func readVerifyRequest(text []byte) (*VerifyRequest, *Problem) {
	request := new(VerifyRequest)
	if err := json.Unmarshal(text, request, json.RejectUnknownMembers(true)); err != nil {
		p := bodyProblem("JSON", err)
		var semantic *json.SemanticError
		if errors.As(err, &semantic) && errors.Is(err, json.ErrUnknownName) && strings.HasPrefix(string(semantic.JSONPointer), "/options/") {
			p.Type = typeUnknownOption
		}
		return nil, p
	}
	single := request.single()
	switch n := len(request.Items); {
	case request.Items == nil:
		if why := single.wrong(); why != "" {
			return nil, problem(http.StatusBadRequest, "%s: see /openapi.json for the form", why)
		}
	case len(single.VerifiableCredential) > 0 || single.Document != nil || len(single.Proof) > 0:
		return nil, problem(http.StatusBadRequest, "there are items and a single credential: send one or the other")
	case n == 0:
		return nil, problem(http.StatusBadRequest, "items is empty")
	}
	for i := range request.Items {
		if why := request.Items[i].wrong(); why != "" {
			return nil, problem(http.StatusBadRequest, "items[%d]: %s: see /openapi.json for the form", i, why)
		}
	}
	return request, nil
}

// noProof stands in the place of a verdict where there is nothing to verify.
const noProof = "NO PROOF"

// verdictOf is the answer for a report, or for the reason why there is none.
func verdictOf(r *verifier.Report, none error) Verdict {
	if r == nil {
		return Verdict{Verdict: noProof, ProblemDetails: []VerifyProblem{newProblem("PARSING_ERROR", none.Error())}}
	}
	v := Verdict{
		Verified: r.Verdict == verifier.Valid, Verdict: string(r.Verdict), Reason: r.Reason,
		CID: r.Credential, Issuer: &r.Issuer, IssuerName: r.IssuerName, IssuerBy: r.IssuerBy, IssuerDomain: r.IssuerDomain,
		AnchoredAt: present(r.AnchoredAt), StatusAsOf: present(r.StatusAsOf), ReplacedBy: r.ReplacedBy,
		Chain: &r.Chain, Test: r.Test, Checks: r.Checks,
	}
	for _, c := range r.Deciding() {
		p := newProblem(titleOf(c), c.Detail)
		p.Check, p.Result = c.Check, c.Result
		v.ProblemDetails = append(v.ProblemDetails, p)
	}
	if r.TestRefused && r.Verdict == verifier.VerdictUnknown {
		v.ProblemDetails = append(v.ProblemDetails, newProblem(strings.ToUpper(string(verifier.ReasonTestChain)),
			fmt.Sprintf("%s is a chain for tests: what is anchored there proves nothing", r.Chain)))
	}
	return v
}

// heed leaves out what is not wanted.
func (v *Verdict) heed(options *VerifyOptions, item *VerifyItem) {
	if no := options.ReturnProblemDetails; no != nil && !*no {
		v.ProblemDetails = nil
	}
	if no := options.ReturnResults; no != nil && !*no {
		v.Checks = nil
	}
	if options.ReturnCredential {
		v.Credential = item.VerifiableCredential
	}
}

// Where types of problems are described.
const (
	typesOfW3C = "https://www.w3.org/TR/vc-data-model#"
	typesOwn   = "https://github.com/hallmark-node/hallmark/blob/main/docs/spec.md#"
)

// titleOf names what kind of problem a check shows. Where the data model of the W3C has a name
// it is that one; it speaks of a cryptographic error only where something is proven.
func titleOf(c verifier.CheckResult) string {
	if c.Result == verifier.Fail {
		switch c.Reason {
		case verifier.ReasonAltered, verifier.ReasonNotInSubmission, verifier.ReasonSignatureWrong, verifier.ReasonEvidenceBad,
			verifier.ReasonNotAnchored, verifier.ReasonSignatureBroken:
			return "CRYPTOGRAPHIC_SECURITY_ERROR"
		case verifier.ReasonExpired, verifier.ReasonNotYetValid:
			return "RANGE_ERROR"
		}
	}
	return strings.ToUpper(string(c.Reason))
}

func newProblem(title, detail string) VerifyProblem {
	p := VerifyProblem{Type: typesOwn + title, Title: title, Detail: credential.Printable(detail)}
	switch title {
	case "CRYPTOGRAPHIC_SECURITY_ERROR", "RANGE_ERROR", "PARSING_ERROR":
		p.Type = typesOfW3C + title
	}
	return p
}

// present is a time as JSON has it: one that is not known is absent.
func present(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}
