package verifier

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/hallmark-node/hallmark/credential"
)

// Embed returns a file with the proof in it, in the CBOR form; an older one that it
// carried is replaced. The proof must be about the file, or the badge that the file
// carries. The credential keeps its CID. See [credential.Embed] for where the proof goes.
func Embed(file []byte, p *Proof) ([]byte, error) {
	covers, err := credential.Matches(p.Credential, bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	if covers == credential.CoversNothing {
		return nil, errors.New("the proof is about another credential, or the file was changed since")
	}
	data, err := p.EncodeCBOR()
	if err != nil {
		return nil, err
	}
	form, err := credential.FormOf(p.Credential)
	if err != nil {
		return nil, err
	}
	return credential.Embed(file, data, form)
}

// Extract returns the proof that a file carries, and the file as it was before [Embed].
// Whether the proof is about the file is for [Verifier.Verify] to say, to which either
// may be given as the document.
//
// The error wraps [credential.ErrNoProof] if the file carries none. Any other says why
// what it carries is not taken.
func Extract(file []byte) (p *Proof, original []byte, err error) {
	c, err := credential.Extract(file)
	if err != nil {
		return nil, nil, err
	}
	if p, err = ParseProofCBOR(c.Proof); err != nil {
		return nil, nil, fmt.Errorf("the proof in the file: %w", err)
	}
	if form, err := credential.FormOf(p.Credential); err != nil || form != c.Form {
		return nil, nil, errors.New("the proof in the file does not stand where one of its kind does")
	}
	return p, c.Original, nil
}
