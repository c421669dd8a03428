// Package qrproof writes a proof into a QR code and reads it back. A code holds the text
//
//	HM1:<base45 of the CBOR form>
//
// all of which is in the alphanumeric mode of QR codes, as in the health certificates of
// the European Union: base45 (RFC 9285) there takes 5.5 bits for each 5.33 of the proof.
package qrproof

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/hallmark-node/hallmark/verifier"
)

// Prefix begins the text of every code.
const Prefix = "HM1:"

// ErrNoCode is returned for what is neither the text of a code nor a PNG with one.
var ErrNoCode = errors.New("no QR code of a proof")

// DecodeText reads a proof from the text of a code. The error is [ErrNoCode] for anything else.
func DecodeText(text []byte) (*verifier.Proof, error) {
	encoded, ok := bytes.CutPrefix(bytes.TrimSpace(text), []byte(Prefix))
	if !ok {
		return nil, ErrNoCode
	}
	data, err := parseBase45(encoded)
	if err != nil {
		return nil, fmt.Errorf("%w: the text of a QR code: %w", verifier.ErrNotProof, err)
	}
	return verifier.ParseProofCBOR(data)
}
