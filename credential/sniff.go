package credential

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sync"

	"github.com/hallmark-node/hallmark/credential/internal/pdf"
	"github.com/hallmark-node/hallmark/credential/internal/xmltext"
)

// kind is what a document is, by its first bytes.
type kind int

const (
	kindOther  kind = iota
	kindObject      // it begins like a JSON object
	kindPNG
	kindSVG
	kindMarkup // other XML or HTML
	kindPDF
	kindToken // it may be a token in compact form: see tokenText
)

// sniff tells what a document is. For XML it needs all up to the root element, else the
// first bytes.
func sniff(doc []byte) kind {
	k, _ := sniffHead(doc)
	switch {
	case (k == kindMarkup || k == kindOther && xmltext.IsWide(doc)) && isSVG(doc):
		return kindSVG
	case (k == kindOther || k == kindToken) && isPDF(doc): // no token holds a percent sign
		return kindPDF
	}
	return k
}

// isPDF reports whether what begins like nothing else is a PDF: readers look for its first
// line in the first KiB. Other formats that hold one there stay what they are.
func isPDF(doc []byte) bool { return pdf.Is(doc) && !isSealed(doc) }

// sniffHead tells what a document is from its first bytes alone, and whether more of
// them could change that.
func sniffHead(head []byte) (k kind, known bool) {
	if bytes.HasPrefix(head, pngSignature) {
		return kindPNG, true
	}
	if bytes.HasPrefix(pngSignature, head) || bytes.HasPrefix(bom, head) {
		return kindOther, false
	}
	rest := bytes.TrimLeft(bytes.TrimPrefix(head, bom), jsonSpace)
	if len(rest) == 0 {
		return kindOther, false
	}
	switch rest[0] {
	case '<':
		return kindMarkup, true
	case '{':
	default:
		return sniffToken(rest)
	}
	if rest = bytes.TrimLeft(rest[1:], jsonSpace); len(rest) == 0 {
		return kindOther, false
	}
	if rest[0] == '"' || rest[0] == '}' {
		return kindObject, true
	}
	return kindOther, true
}

// readHead reads as much of a document as sniffHead takes. White space may go on for
// long; what is longer than any JSON document that has a canonical form is settled without
// reading further.
func readHead(r io.Reader) (head []byte, err error) {
	head = make([]byte, 0, 4096)
	for len(head) <= MaxJSON {
		n, err := io.ReadFull(r, head[len(head):min(cap(head), MaxJSON+1)])
		head = head[:len(head)+n]
		_, known := sniffHead(head)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return head, nil
		case err != nil:
			return nil, fmt.Errorf("read document: %w", err)
		case known:
			return head, nil
		}
		head = slices.Grow(head, len(head))
	}
	return head, nil
}

// lazyRegexp returns a regular expression that is compiled when it is first used. Most
// documents need few of those here, and to compile all takes longer than to verify a
// proof.
func lazyRegexp(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
