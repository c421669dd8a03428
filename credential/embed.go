package credential

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/hallmark-node/hallmark/credential/internal/pdf"
)

// MaxCarrier is the greatest length in bytes of a file that carries a proof.
const MaxCarrier = MaxJSON

// keyword names the part of a file that carries a proof: a PNG chunk, an SVG element,
// an attachment of a PDF.
const keyword = "hallmark"

// ErrNoProof is returned for a file that carries no proof.
var ErrNoProof = errors.New("the file carries no proof")

// errNotOurs is the part of a proof that embedding would have written otherwise.
var errNotOurs = errors.New("the file was changed since a proof was embedded in it, or the proof was embedded in another way: embedding again does not reproduce it")

var errTwoProofs = errors.New("the file carries two proofs")

// Carried is a file that carries a proof.
type Carried struct {
	Original []byte // the file before the proof was embedded, to the byte
	Proof    []byte // opaque here

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
// The error says why that cannot be. Nothing of the proof is looked at.
func Embed(file, proof []byte, form Form) ([]byte, error) {
	switch c, err := Extract(file); {
	case err == nil:
		file = c.Original
	case !errors.Is(err, ErrNoProof):
		return nil, err
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

// Extract takes the proof out of a file. It removes exactly what [Embed] writes, and
// the file is refused unless embedding the proof again gives the same bytes: so there
// is nothing in it but the original and the proof.
//
// The error is [ErrNoProof] if the file carries none, or is longer than [MaxCarrier].
// Any other says why what it carries cannot be taken: two proofs, two credentials in
// one picture, or something that was written in another way.
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
	if again, err := embed(found.Original, found.Proof, found.Form); err != nil || !bytes.Equal(again, file) {
		return nil, errNotOurs
	}
	return found, nil
}

// mayCarry rules out most files that carry no proof, at little cost. Whoever spells the
// names in another way than Embed does carries none.
func mayCarry(file []byte) bool { return bytes.Contains(file, []byte(keyword)) }

// locate finds the one proof in a file, without asking how it was written.
func locate(file []byte) (*Carried, error) {
	switch k := sniff(file); {
	case k == kindObject:
		return locateJSON(file)
	case pdf.Is(file):
		return locatePDF(file)
	case k == kindPNG, k == kindMarkup && isSVG(file):
		return locatePicture(file)
	}
	return nil, ErrNoProof
}

func locatePicture(file []byte) (*Carried, error) {
	baked, err := Unbake(file)
	if err != nil && !errors.Is(err, ErrNotBaked) {
		return nil, err
	}
	var within *Carried // in the badge
	if err == nil && sniff(baked.Text) == kindObject {
		switch within, err = locateJSON(baked.Text); {
		case err == nil:
			if within.Original, err = baked.replace(within.Original); err != nil {
				return nil, err
			}
		case !errors.Is(err, ErrNoProof):
			return nil, err
		}
	}
	part := locatePNG
	if sniff(file) != kindPNG {
		part = locateSVG
	}
	switch beside, err := part(file); {
	case errors.Is(err, ErrNoProof) && within != nil:
		return within, nil
	case err != nil:
		return nil, err
	case within != nil:
		return nil, errTwoProofs
	default:
		return beside, nil
	}
}

// embed is Embed for a file that carries no proof.
func embed(file, proof []byte, form Form) ([]byte, error) {
	k := sniff(file)
	picture := k == kindPNG || k == kindMarkup && isSVG(file)
	var baked *Baked
	if picture {
		var err error
		if baked, err = Unbake(file); err != nil && !errors.Is(err, ErrNotBaked) {
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
	case k == kindObject:
		return nil, errors.New("its CID covers the exact bytes of the JSON, so a proof cannot be put into it")
	case k == kindPNG:
		return embedPNG(file, proof)
	case picture:
		return embedSVG(file, proof)
	case pdf.Is(file):
		return pdf.Attach(file, keyword, proofText(proof))
	}
	return nil, errors.New("a proof can be put into JSON, PNG, SVG and PDF, not into this kind of file")
}

// locatePDF finds the attachment named hallmark.
func locatePDF(file []byte) (*Carried, error) {
	original, text, ok := pdf.Detach(file, keyword)
	if !ok {
		return nil, ErrNoProof
	}
	proof, err := parseProofText(string(text))
	if err != nil {
		return nil, err
	}
	return &Carried{Original: original, Proof: proof, Form: FormRaw}, nil
}

// proofText is a proof as text: multibase base64url without padding.
func proofText(proof []byte) string { return "u" + base64.RawURLEncoding.EncodeToString(proof) }

// parseProofText is the way back. Only what proofText writes passes Extract.
func parseProofText(s string) ([]byte, error) {
	if len(s) == 0 || s[0] != 'u' {
		return nil, errNotOurs
	}
	proof, err := base64.RawURLEncoding.Strict().DecodeString(s[1:])
	if err != nil {
		return nil, errNotOurs
	}
	return proof, nil
}
