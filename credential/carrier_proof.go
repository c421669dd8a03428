package credential

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hallmark-node/hallmark/credential/internal/pdf"
	"github.com/hallmark-node/hallmark/credential/internal/xmltext"
)

// MaxCarrier is the greatest length in bytes of a file that carries a proof.
const MaxCarrier = MaxJSON

// keyword names the part of a file that carries a proof: a PNG chunk, an SVG element,
// an attachment of a PDF.
const keyword = "hallmark"

// ErrNoProof is returned for a file that carries no proof.
var ErrNoProof = errors.New("the file carries no proof")

// errNotOurs is returned for a part that holds a proof and that Embed does not write so.
var errNotOurs = errors.New("the file was changed since a proof was embedded in it, " +
	"or the proof was embedded in another way: embedding again does not reproduce it")

var (
	errTwoProofs = errors.New("the file carries two proofs")
	errDamaged   = errors.New("the proof that the file carries is damaged; embed it again")
)

// Carried is a file that carries a proof.
type Carried struct {
	// Original is the file without the proof. It is nil for a picture that carries its
	// credential in another way than a badge is baked here.
	Original []byte
	// Exact says that [Embed] puts the proof into Original as it stands in the file, so that
	// Original is what the file was, to the byte, unless somebody changed what is around the
	// proof. It may be false only for FormJCS: the credential was written anew since.
	Exact bool
	Proof []byte // opaque here

	// Form says where the proof is: [FormJCS] in the credential's own member "proof",
	// which its CID does not cover, else [FormRaw] in a part that was added to the file.
	Form Form
}

// Embed returns the file with a proof in it. A proof that it carried is replaced.
// form is that of the credential's CID and decides where the proof goes:
//   - [FormJCS]: into the member "proof" of the JSON object that the file is, or that
//     it carries as a baked picture;
//   - [FormRaw]: into a part of its own of a PNG, an SVG or a PDF.
//
// The error says why that cannot be. Nothing of the proof is looked at. Of a signed PDF
// see [SignedPDF]; one that is certified so that nothing may be changed is refused.
func Embed(file, proof []byte, form Form) ([]byte, error) {
	switch c, err := Extract(file); {
	case err == nil && c.Original == nil:
		return nil, errSplice
	case err == nil:
		file = c.Original
	case !errors.Is(err, ErrNoProof):
		return nil, err
	case sniff(file) == kindPDF && pdf.SealOf(file) == pdf.Locked:
		return nil, errors.New("the PDF is certified and allows no change: readers would call the certification broken")
	}
	out, err := embed(file, proof, form)
	if err != nil {
		return nil, reason(err)
	}
	if len(out) > MaxCarrier {
		return nil, fmt.Errorf("with its proof the file would be longer than %d MiB", MaxCarrier>>20)
	}
	return out, nil
}

// SignedPDF reports whether a file is a PDF with signatures in it. They cover what stands in
// front of an embedded proof and stay intact, but readers say that something was added
// after them.
func SignedPDF(file []byte) bool { return sniff(file) == kindPDF && pdf.SealOf(file) != pdf.Unsigned }

// Extract takes the proof out of a file.
//
// From a part that was added to the file ([FormRaw]) it removes exactly what [Embed] writes,
// and the file is refused unless embedding the proof again gives the same bytes: so there
// is nothing in it but the original and the proof. In the member "proof" of a credential
// ([FormJCS]) the entry is found however it is written and whatever stands around it, since
// the CID covers neither; see [Carried.Exact].
//
// The error is [ErrNoProof] if the file carries none, or is longer than [MaxCarrier].
// Any other says why what it carries cannot be taken: two different proofs, two
// credentials in one picture, or a part that was written in another way.
func Extract(file []byte) (*Carried, error) {
	if len(file) > MaxCarrier || !mayCarry(file) {
		return nil, ErrNoProof
	}
	found, err := locate(file)
	if err != nil {
		return nil, reason(err)
	}
	if mayCarry(found.Original) {
		switch _, err := locate(found.Original); {
		case err == nil:
			return nil, errTwoProofs
		case !errors.Is(err, ErrNoProof):
			return nil, reason(err)
		}
	}
	if found.Original != nil {
		again, err := embed(found.Original, found.Proof, found.Form)
		found.Exact = err == nil && bytes.Equal(again, file)
	}
	if !found.Exact && found.Form == FormRaw {
		return nil, errNotOurs
	}
	return found, nil
}

// mayCarry rules out most files that carry no proof, at little cost: the names are spelled in one
// way but for letters that are escaped in JSON or XML.
func mayCarry(file []byte) bool {
	signs := []string{keyword, `\u006`, `\u007`}
	wide := xmltext.IsWide(file)
	if k, _ := sniffHead(file); wide || k == kindMarkup {
		signs = append(signs, "&#")
	}
	return slices.ContainsFunc(signs, func(sign string) bool {
		if !wide {
			return bytes.Contains(file, []byte(sign))
		}
		big, little := xmltext.Wide(sign)
		return bytes.Contains(file, big) || bytes.Contains(file, little)
	})
}

// locate finds the one proof in a file, without asking how it was written.
func locate(file []byte) (*Carried, error) {
	switch k := sniff(file); k {
	case kindObject:
		return locateJSON(file)
	case kindPDF:
		return locatePart(pdf.Detach(file, keyword))
	case kindPNG, kindSVG:
		within, err := locateBadge(file)
		if err != nil && !errors.Is(err, ErrNoProof) {
			return nil, err
		}
		detach := detachPNG
		if k == kindSVG {
			detach = detachSVG
		}
		switch beside, err := locatePart(detach(file)); {
		case within == nil || err != nil && !errors.Is(err, ErrNoProof):
			return beside, err
		case err == nil:
			return nil, errTwoProofs
		}
		return within, nil
	}
	return nil, ErrNoProof
}

// locateBadge finds the proof in the credential that a picture carries.
func locateBadge(image []byte) (*Carried, error) {
	baked, err := readPicture(image)
	switch {
	case errors.Is(err, ErrNotBaked), err == nil && sniff(baked.Text) != kindObject:
		return nil, ErrNoProof
	case err != nil:
		return nil, err
	}
	found, err := locateJSON(baked.Text)
	if err != nil {
		return nil, err
	}
	if found.Original, err = baked.replace(found.Original); err != nil {
		found.Original = nil // it cannot be put into this picture
	}
	return found, nil
}

// locatePart reads the text of one of n parts that were added to a file.
func locatePart(original, text []byte, n int) (*Carried, error) {
	switch {
	case n == 0:
		return nil, ErrNoProof
	case n > 1:
		return nil, errTwoProofs
	}
	proof, err := parseProofText(string(text))
	if err != nil {
		return nil, err
	}
	return &Carried{Original: original, Proof: proof, Form: FormRaw}, nil
}

// embed is Embed for a file that carries no proof.
func embed(file, proof []byte, form Form) ([]byte, error) {
	k := sniff(file)
	var baked *Baked
	if k == kindPNG || k == kindSVG {
		var err error
		if baked, err = readPicture(file); err != nil && !errors.Is(err, ErrNotBaked) {
			return nil, err
		}
	}
	switch {
	case form == FormJCS && k == kindObject:
		return embedJSON(file, proof)
	case form == FormJCS && baked != nil && sniff(baked.Text) == kindObject:
		badge, err := embedJSON(baked.Text, proof)
		if err != nil {
			return nil, err
		}
		return baked.replace(badge)
	case form != FormRaw:
		return nil, errors.New("the file is neither a JSON object nor a picture that carries one")
	}
	switch text := []byte(proofText(proof)); k {
	case kindObject:
		return nil, errors.New("its CID covers the exact bytes of the JSON, or the token that this is, so a proof cannot be put into it")
	case kindPNG:
		return attachPNG(file, text), nil
	case kindSVG:
		return attachSVG(file, text)
	case kindPDF:
		return pdf.Attach(file, keyword, string(text))
	}
	return nil, fmt.Errorf("a proof can be put into a JSON object, PNG, SVG or PDF, not into %s", formatOf(file))
}

// proofText is a proof as text: multibase base64url without padding.
func proofText(proof []byte) string { return "u" + base64.RawURLEncoding.EncodeToString(proof) }

// parseProofText is the inverse. Only what proofText writes passes Extract.
func parseProofText(s string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(s, "u")
	proof, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if !ok || err != nil {
		return nil, errNotOurs
	}
	return proof, nil
}
