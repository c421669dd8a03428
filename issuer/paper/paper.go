// Package paper prints: a cover sheet for a file that was anchored, a certificate made from a
// badge, and a portfolio of several. Each is a PDF, the first two of one page, that carries the proof as a QR code.
//
// The page is about a file and is not the file. What is printed on it is what the file and
// its proof said when it was printed, and anyone can print another page; so each page says that
// the file is asked for, and how it is checked with the code.
//
// Texts are shaped by go-text/typesetting, in any script for which there is a font, and drawn
// as outlines over text that is not seen but found and copied. The same input gives the same
// bytes wherever the same fonts are at hand.
//
// Read the code in this order: paper.go, sheet.go, certificate.go, portfolio.go, card.go, code.go,
// picture.go, page.go, text.go, font.go.
package paper

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

// Size is that of a page.
type Size string

// The sizes of pages.
const (
	A4     Size = "A4"
	Letter Size = "Letter"
)

// ParseSize reads the name of a size, in any case.
func ParseSize(text string) (Size, error) {
	for _, s := range []Size{A4, Letter} {
		if strings.EqualFold(text, string(s)) {
			return s, nil
		}
	}
	return "", fmt.Errorf("%q is no size of paper: want a4 or letter", text)
}

// Options are how a page is printed.
type Options struct {
	Size  Size
	Fonts *Fonts

	// URL is the address of a page about the credential, printed as text and as a second QR
	// code; see [Address]. Empty for none.
	URL string
}

// Page is a printed page.
type Page struct {
	PDF   []byte
	Short qrproof.Short // the short code on it
	Code  *qrproof.Code // the QR code on it, which says what of the proof did fit

	// Remarks say, each in a clause, what is not on the page that should be.
	Remarks []string
}

var (
	// ErrPending says that a proof is not anchored yet, so there is nothing to print.
	ErrPending = errors.New("the proof is still pending")

	// ErrUnclear says that a badge does not say what a certificate has to.
	ErrUnclear = errors.New("no certificate can be made of it")

	// ErrPicture says that a picture cannot be printed.
	ErrPicture = errors.New("the picture cannot be printed")
)

// codes are what a page shows of a proof.
type codes struct {
	*qrproof.Code
	report *verifier.Report // by the evidence that it brings along
	short  qrproof.Short
	url    string // as printed; empty for none
}

// codesOf makes the codes of a proof that is complete, sound, and about a document.
func codesOf(p *verifier.Proof, document []byte, url string) (*codes, error) {
	if p.Pending() {
		return nil, ErrPending
	}
	report, err := Evidence(p, document)
	if err != nil {
		return nil, err
	}
	code, err := qrproof.Encode(p)
	if err != nil {
		return nil, err
	}
	c := &codes{Code: code, report: report, short: qrproof.ShortOf(p.Leaf())}
	if url != "" {
		c.url, err = Address(url, c.short)
	}
	return c, err
}

// Evidence verifies a complete proof of a document by nothing but what it brings along: as if its blocks
// were final, and the key that of the issuer. Whether they are says the trust store of who checks. The
// error is why the proof does not hold, or that the document was revoked by then; the report is of the
// time of its evidence.
func Evidence(p *verifier.Proof, document []byte) (*verifier.Report, error) {
	trust := &verifier.Trust{
		Chains:  make(map[verifier.ChainID]*verifier.TrustedChain),
		Issuers: map[verifier.Address]*verifier.TrustedIssuer{p.Submission.Issuer: {IDs: []string{verifier.AnyIssuer}}},
	}
	now := time.Unix(int64(p.Submission.IssuedAt), 0)
	for i := range p.Anchors {
		a := &p.Anchors[i]
		h, err := verifier.ParseHeader(a.Header)
		if err != nil {
			continue // the verifier says what it lacks
		}
		trust.Chains[a.Chain] = &verifier.TrustedChain{
			Registries: []verifier.Address{a.Registry}, Blocks: map[uint64]verifier.Hash{h.Number: h.Hash},
		}
		if a.Chain == p.Submission.Home.Chain {
			now = time.Unix(int64(h.Time), 0)
		}
	}
	v, err := verifier.New(verifier.Options{Trust: trust, Now: func() time.Time { return now }})
	if err != nil {
		return nil, err
	}
	report := v.Verify(p, bytes.NewReader(document))
	for _, check := range []verifier.Check{
		verifier.CheckCredential, verifier.CheckInclusion, verifier.CheckSignature, verifier.CheckAnchor, verifier.CheckStatus,
	} {
		if got := report.Result(check); got.Result != verifier.Pass {
			return report, errors.New(got.Detail)
		}
	}
	return report, nil
}

// maxURL bounds an address that is printed. Its code is then of version 9 at most, 3 cm wide.
const maxURL = 150

// Address returns the address of a page as it is printed: with the short code in place of
// "{code}".
func Address(template string, short qrproof.Short) (string, error) {
	text := strings.ReplaceAll(template, "{code}", short.String())
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return "", fmt.Errorf("%q is no address of a page: want https://HOST/PATH", template)
	}
	if text = u.String(); len(text) > maxURL {
		return "", fmt.Errorf("the address of the page is longer than %d characters", maxURL)
	}
	return text, nil
}
